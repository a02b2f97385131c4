// The queue without page loads: what a link or a form of it answers takes the place of what stood there.
// Also: V with open reports asks for one line first, and what was opened of the evidence is told.

const main = document.getElementById('main')
const PAUSE = 400 // a second V that comes this soon was meant for the card before
let isBusy = false
let opened = new Set()

const isHere = url => url.origin === location.origin && url.pathname === '/verify'

const say = words => document.dispatchEvent(new CustomEvent('toast', { detail: words }))

function begin(isAfterDecision = false) {
  opened = new Set()
  const list = main.querySelector('.queue-list')
  const row = list?.querySelector('[aria-current]')
  if (row && list.scrollHeight > list.clientHeight) list.scrollTop = row.offsetTop - list.clientHeight / 3
  const line = main.querySelector('[data-note]')
  if (line) line.hidden = !line.querySelector('.error')
  const card = main.querySelector('.queue-card')
  if (card) setTimeout(() => { card.dataset.ready = '' }, isAfterDecision ? PAUSE : 0)
}

function replace(page, address, isPush, isAfterDecision) {
  document.title = page.title
  main.replaceChildren(...page.getElementById('main').childNodes)
  const places = '.places'
  document.querySelector(places)?.replaceWith(page.querySelector(places))
  document.dispatchEvent(new CustomEvent('toasts', { detail: [...page.querySelector('.toasts').children] }))
  if (isPush) history.pushState(null, '', address)
  scrollTo(0, 0)
  begin(isAfterDecision)
  const title = main.querySelector('.error')?.closest('.field')?.querySelector('input') ?? main.querySelector('#card-title')
  if (title && !title.matches('input')) title.tabIndex = -1
  title?.focus({ preventScroll: true })
}

async function go(address, options = {}, isPush = true) {
  if (isBusy) return
  isBusy = true
  try {
    const answer = await fetch(address, options)
    const url = new URL(answer.url)
    const isShown = answer.status === 422 || (answer.ok && isHere(url))
    if (!isShown && (answer.redirected || !options.method)) return location.assign(answer.url)
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (!isShown) return say(page.querySelector('h1')?.textContent ?? spoken('That could not be done.'))
    replace(page, answer.status === 422 ? location.href : answer.url, isPush && answer.url !== location.href, Boolean(options.method))
  } catch {
    say(spoken('No answer from the server. Try again.'))
  } finally {
    isBusy = false
  }
}

main.addEventListener('click', event => {
  const seen = event.target.closest('a[data-evidence]')
  if (seen) opened.add(seen.dataset.evidence)
  const button = event.target.closest('[data-still-correct]')
  if (button && mustWait(button)) return event.preventDefault()
  const link = event.target.closest('a[href]')
  if (!link || link.target || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if ('edit' in link.dataset) {
    const url = new URL(link.href)
    for (const key of opened) url.searchParams.append('opened', key)
    link.href = url
  } else if (isHere(new URL(link.href))) {
    event.preventDefault()
    go(link.href)
  }
})

main.addEventListener('auxclick', event => {
  const seen = event.target.closest('a[data-evidence]')
  if (seen) opened.add(seen.dataset.evidence)
})

main.addEventListener('toggle', event => {
  if (event.target.open && event.target.dataset.evidence) opened.add(event.target.dataset.evidence)
}, true)

function mustWait(button) {
  const note = document.getElementById('f-note')
  if (isBusy || !('ready' in button.closest('.queue-card').dataset)) return true
  if (!note || note.value.trim()) return false
  note.closest('[data-note]').hidden = false
  note.focus()
  return true
}

// Enter in the line sends it, as it would inside the form.
main.addEventListener('keydown', event => {
  if (event.target.id !== 'f-note' || event.key !== 'Enter' || event.isComposing) return
  event.preventDefault()
  main.querySelector('[data-still-correct]').click()
})

document.addEventListener('submit', event => {
  const form = event.target
  if (!new URL(form.action).pathname.startsWith('/verify/')) return
  event.preventDefault()
  const fields = new FormData(form, event.submitter)
  for (const key of opened) fields.append('opened', key)
  go(form.action, { method: 'POST', body: new URLSearchParams(fields) })
}, true)

addEventListener('popstate', () => { go(location.href, {}, false) })

begin()
