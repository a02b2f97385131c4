// Drafts: what stands in the editor goes to the server two seconds after the last key, and when the page is hidden; while
// the server can't be reached it stays in this browser. Nothing of it is published, and nobody else sees it.

const PAUSE = 2000
const RETRY = 15000
const LARGEST_LAST = 60000 // what a browser still sends for a page that is going

/** `editor`: form, words, commit(), fields() as text, put(pairs). Answers with { touch, now, isKept, end }. */
export function keepDrafts({ form, words, commit, fields, put }) {
  const url = form.dataset.draftUrl
  const status = form.querySelector('[data-saved]')
  const key = `vitrine-draft:${form.dataset.author}:${url}:${form.elements.draft_shelf?.value ?? ''}`
  const clock = at => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' })
  let kept = fields()
  let timer = 0
  let sending = null
  let isStopped = !url
  let isOver = false
  let isSignedOut = false

  const local = {
    read() { try { return JSON.parse(localStorage.getItem(key)) } catch { return null } },
    write() {
      const pairs = [...new FormData(form)].filter(([name, value]) => name !== 'csrf_token' && typeof value === 'string')
      try { localStorage.setItem(key, JSON.stringify({ at: Date.now(), pairs })); return true } catch { return false }
    },
    drop() { try { localStorage.removeItem(key) } catch { /* forbidden here */ } },
  }

  function tell(sentence, act, label) {
    status.replaceChildren(sentence)
    if (!act) return
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small', textContent: label })
    button.addEventListener('click', act)
    status.append(' ', button)
  }

  function keepHere(sentence, act, label) {
    if (local.write()) tell(sentence.replace('%(time)s', clock(Date.now())), act, label)
    else tell(words.draft_failed)
    timer ||= setTimeout(save, RETRY)
  }

  async function save(isLast = false) {
    clearTimeout(timer)
    timer = 0
    commit()
    const now = fields()
    if (isOver || now === kept) return
    if (isStopped) return void local.write()
    if (sending) { await sending; return save(isLast) }
    const data = new FormData(form)
    data.set('body', data.get('body').replace(/!\[[^\]]*\]\(sending:\w+\)/g, ''))
    sending = fetch(url, { method: 'POST', body: data, headers: { 'X-Fragment': '1' }, keepalive: isLast && now.length < LARGEST_LAST })
      .catch(() => null)
      .then(answer => settle(answer, now))
    await sending
    sending = null
  }

  async function settle(answer, now) {
    if (isOver) return
    isSignedOut = answer?.status === 401
    const made = answer?.headers.get('Content-Type')?.startsWith('application/json') ? await answer.json().catch(() => ({})) : {}
    if (answer?.ok && made.number) {
      kept = now
      form.elements.draft.value = made.number
      local.drop()
      tell(made.said)
    } else if (answer?.status === 409) {
      isStopped = true
      local.write()
      tell(made.said ?? words.draft_failed, () => {
        form.elements.draft.value = made.number ?? 0
        isStopped = false
        save()
      }, words.keep_mine)
    } else if (isSignedOut) keepHere(words.signed_out, () => open('/sign-in', '_blank', 'noopener'), words.sign_in)
    else keepHere(made.said ?? (answer ? words.draft_failed : words.offline))
  }

  const touch = () => {
    if (isOver) return
    clearTimeout(timer)
    timer = setTimeout(save, PAUSE)
  }
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') save(true) })
  addEventListener('online', () => save())

  function take() {
    offer.hidden = true
    const older = form.querySelector('[data-offer]')
    if (older && Date.parse(older.dataset.at) <= left.at) {
      form.elements.draft.value = older.dataset.offer
      older.remove()
    }
    put(left.pairs)
    touch()
  }

  // What an earlier visit could only keep here is offered.
  const left = local.read()
  const offer = form.querySelector('[data-local-offer]')
  if (left?.pairs && left.pairs.some(([name, value]) => name === 'body' && value !== form.elements.body.value)) {
    offer.hidden = false
    offer.querySelector('p').textContent = words.local_offer.replace('%(time)s', clock(left.at))
    offer.querySelector('[data-take]').addEventListener('click', take)
    offer.querySelector('[data-drop]').addEventListener('click', () => { offer.hidden = true; local.drop() })
  }

  return {
    touch,
    now: () => save(),
    pending: () => sending,
    isKept: () => { commit(); return fields() === kept },
    canSend: () => !isStopped && fields().length < LARGEST_LAST && navigator.onLine,
    /** The form is sent or left: nothing more goes out. Signed out, the copy stays until a save was let in. */
    end(isDone) { isOver = true; clearTimeout(timer); if (isDone && !isSignedOut) local.drop() },
    resume() { isOver = false; touch() },
  }
}
