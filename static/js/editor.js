// The edit page: three views of one text (rich text, Markdown, preview), the toolbar, and a warning before text is lost.
// The textarea is what is sent; while rich text is shown, what is typed there is written into it.
// Other modules may watch `input` on the textarea, or put a text into it and dispatch `input` themselves.
import { keepDrafts } from './drafts.js'
import { normalise, ownCopy, tableFromText } from './paste.js'
import { sendPictures } from './pictures.js'
import { plain } from './plain.js'

const form = document.querySelector('[data-editor]')
const body = form.querySelector('[name=body]')
const toolbar = form.querySelector('[data-toolbar]')
const preview = form.querySelector('[data-shown]')
const write = form.querySelector('[data-write]')
const notice = form.querySelector('[data-notice]')
const linkRow = form.querySelector('[data-link]')
const words = JSON.parse(form.dataset.words)
const say = sentence => document.dispatchEvent(new CustomEvent('toast', { detail: sentence }))
// A language has a handful of forms for numbers, and the last of the list is the one that goes on.
const counted = (forms, number) => forms[Math.min(number, forms.length) - 1].replace(/\d+/, number)
const fields = () => JSON.stringify([...new FormData(form)].filter(([name, value]) => !['csrf_token', 'draft'].includes(name) && typeof value === 'string'))

let mode = form.dataset.mode
let rich = null
let isStale = false // rich text has changed since it was written into the textarea
let writing = 0

const on = {
  files: files => pictures.add(files),
  pasted(clean) {
    if (clean.missing) tell(counted(words.left_out, clean.missing))
    return pictures.receive(clean)
  },
}
const textarea = plain(body, on)
const surface = () => mode === 'rich' ? rich : textarea
const pictures = sendPictures({ form, words, surface, say })

function tell(sentence) {
  notice.hidden = !sentence
  notice.querySelector('span').textContent = sentence
}

/** What is typed in rich text, into the textarea. Nothing is touched that was not changed by hand. */
function commit() {
  clearTimeout(writing)
  writing = 0
  if (!isStale || !rich) return
  isStale = false
  body.value = rich.markdown()
  body.dispatchEvent(new CustomEvent('input', { bubbles: true, detail: 'rich' }))
}

const richEvents = {
  change() {
    isStale = true
    writing ||= setTimeout(commit, 300)
  },
  state: show => requestAnimationFrame(() => reflect(show)),
  files: files => on.files(files),
  paste(event) {
    const data = event.clipboardData
    const [html, text] = [data.getData('text/html'), data.getData('text/plain')]
    const files = [...data.files].filter(file => file.type.startsWith('image/'))
    const table = !html && !isPlainPaste ? tableFromText(text) : ''
    if (files.length && !text.trim()) on.files(files)
    else if (table) rich.insertHtml(table)
    else return false
    event.preventDefault()
    return true
  },
  clean(html) {
    const own = ownCopy(html)
    if (own !== null) return own
    const clean = normalise(html)
    return clean ? on.pasted(clean) : ''
  },
}
let isPlainPaste = false
form.addEventListener('keydown', event => { isPlainPaste = event.shiftKey }, true)

/** Opens rich text on what the textarea holds, unless it would not come back as it was. */
async function openRich() {
  const source = body.value
  if (!rich) {
    const { mount } = await import(form.dataset.bundle)
    rich = mount(form.querySelector('[data-rich]'), { markdown: source, label: words.text, kept: words.kept, on: richEvents })
  } else rich.set(source)
  isStale = false
  const again = rich.markdown()
  if (again === source.trim() || await readsTheSame(source, again)) return true
  tell(words.unkept)
  return false
}

async function readsTheSame(source, again) {
  const pair = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, body: source, again })
  const answer = await fetch('/cards/preview/same', { method: 'POST', body: pair }).catch(() => null)
  return Boolean(answer?.ok) && (await answer.text()) === 'same'
}

let turn = 0 // a view that takes its time must not come up over one that was chosen since

async function show(wanted, isAsked = true) {
  const mine = ++turn
  commit()
  if (wanted === 'preview') {
    const answer = await fetch(form.dataset.previewAction, { method: 'POST', headers: { 'X-Fragment': '1' }, body: new FormData(form) }).catch(() => null)
    if (!answer?.ok) return say(words.preview_failed)
    preview.innerHTML = await answer.text()
  }
  const fits = wanted !== 'rich' || await openRich().catch(() => false)
  if (mine !== turn) return
  if (!fits) wanted = 'write'
  else if (wanted === 'rich') tell('')
  mode = wanted
  form.dataset.mode = mode
  preview.hidden = mode !== 'preview'
  write.hidden = toolbar.hidden = mode === 'preview'
  form.querySelector('[data-rich]').hidden = mode !== 'rich'
  body.hidden = mode === 'rich'
  closeLink()
  reflect(mode === 'preview' ? {} : surface().pressed())
  for (const button of form.querySelectorAll('button[data-mode]')) button.setAttribute('aria-pressed', String(button.dataset.mode === mode))
  if (mode === 'rich') performance.mark('rich-ready')
  if (!isAsked) return
  if (mode !== 'preview') { surface().focus(); remember(mode) }
}

const remember = chosen => { try { localStorage.setItem('vitrine-editor', chosen) } catch { /* a browser may forbid it */ } }
const remembered = () => { try { return localStorage.getItem('vitrine-editor') } catch { return null } }

form.addEventListener('click', event => {
  const wanted = event.target.closest('button[data-mode]')?.dataset.mode
  if (!wanted) return
  event.preventDefault()
  show(wanted)
})

// Somebody else put a text into the textarea (a template, a draft): rich text follows.
body.addEventListener('input', event => {
  if (mode === 'write') turn += 1
  if (mode === 'rich' && event.detail !== 'rich') openRich().then(fits => { if (!fits) show('write', false) })
})

function reflect(pressed) {
  for (const tool of toolbar.querySelectorAll('[data-do][aria-pressed]')) tool.setAttribute('aria-pressed', String(Boolean(pressed[tool.dataset.do])))
  for (const group of toolbar.querySelectorAll('[data-when]')) group.hidden = !pressed[group.dataset.when]
  for (const choice of toolbar.querySelectorAll('select[data-do]')) {
    const value = String(pressed[choice.dataset.do] ?? 0)
    if ([...choice.options].some(option => option.value.toLowerCase() === value.toLowerCase())) choice.value = [...choice.options].find(option => option.value.toLowerCase() === value.toLowerCase()).value
  }
}

toolbar.addEventListener('click', event => {
  const tool = event.target.closest('button[data-do]')
  if (!tool) return
  if (tool.dataset.do === 'link' && mode === 'rich') openLink()
  else surface().run(tool.dataset.do)
})
// Enter in a choice would send the whole form: it goes back to the text.
toolbar.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || !event.target.matches('select')) return
  event.preventDefault()
  surface().focus()
})
toolbar.addEventListener('change', event => {
  if (event.target.matches('select[data-do]')) surface().run(event.target.dataset.do, event.target.value)
})

// One stop for Tab, arrows inside: the pattern of every toolbar.
const tools = () => [...toolbar.querySelectorAll('button, select')].filter(tool => !tool.closest('[hidden]'))
toolbar.querySelectorAll('button, select').forEach((tool, i) => { tool.tabIndex = i ? -1 : 0 })
toolbar.addEventListener('keydown', event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step || (event.target.matches('select') && event.altKey)) return
  const all = tools()
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length]
  event.preventDefault()
  for (const tool of all) tool.tabIndex = tool === next ? 0 : -1
  next.focus()
})

// The address of a link, asked in a row of its own below the toolbar.
function openLink() {
  linkRow.hidden = false
  linkRow.querySelector('input').value = rich.href()
  linkRow.querySelector('[data-unlink]').hidden = !rich.href()
  linkRow.querySelector('input').focus()
}
function closeLink() { linkRow.hidden = true }
function setLink(href) {
  closeLink()
  const typed = href.trim()
  const target = /^(?:https?:|mailto:|\/|#)/i.test(typed) || !typed ? typed : typed.includes('@') ? `mailto:${typed}` : `https://${typed}`
  if (target && !rich.selected() && !rich.href()) rich.insertMarkdown(`[${target.replace(/^mailto:/, '')}](${target})`)
  else rich.run('link', target)
}
linkRow.addEventListener('click', event => {
  if (event.target.closest('[data-unlink]')) setLink('')
  else if (event.target.closest('[data-set]')) setLink(linkRow.querySelector('input').value)
})
linkRow.addEventListener('keydown', event => {
  if (event.key !== 'Enter' && event.key !== 'Escape') return
  event.preventDefault()
  event.stopPropagation()
  if (event.key === 'Enter') return setLink(event.target.value)
  closeLink()
  rich.focus()
})

form.addEventListener('keydown', event => {
  if (!(event.ctrlKey || event.metaKey)) return
  const isText = mode !== 'preview' && (event.target === body || event.target.closest('[data-rich]'))
  const level = event.altKey && isText && /^Digit[1-3]$/.test(event.code) ? Number(event.code[5]) + 1 : 0
  const act = level ? () => surface().run('style', level) : event.altKey ? null : {
    s: () => drafts.now(),
    Enter: () => (form.querySelector('[data-verify]') ?? form.querySelector('[data-save]'))?.click(),
    ...(isText && { k: () => mode === 'rich' ? openLink() : textarea.run('link') }),
    ...(event.target === body && { b: () => textarea.run('bold'), i: () => textarea.run('italic') }),
  }[event.key]
  if (!act) return
  event.preventDefault()
  event.stopPropagation()
  act()
}, true)

// A title has one line.
form.querySelector('[name=title]').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) { event.preventDefault(); surface().focus?.() }
})

// A choice beside the text goes by the keyboard's Enter as it does everywhere; it sends nothing.
form.addEventListener('keydown', event => {
  if (event.key === 'Enter' && event.target.matches('.side input:not([type=checkbox])')) event.preventDefault()
})
form.querySelector('[data-pictures]').addEventListener('change', event => {
  pictures.add([...event.target.files])
  event.target.value = ''
})

/** A draft of this browser's, into the form. */
function put(pairs) {
  for (const field of form.elements) {
    if (!field.name || ['csrf_token', 'version', 'draft', 'draft_shelf', 'reading', 'back'].includes(field.name) || field.type === 'submit') continue
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value)
    if (field.type === 'checkbox') field.checked = values.includes(field.value)
    else if (field.name === 'verifiers') field.value = values[[...form.querySelectorAll('[name=verifiers]')].indexOf(field)] ?? ''
    else if (values.length) field.value = values[0]
  }
  body.dispatchEvent(new Event('input', { bubbles: true }))
}

const drafts = keepDrafts({ form, words, commit, fields, put })
const opened = fields()
form.addEventListener('input', () => drafts.touch())
form.addEventListener('change', () => drafts.touch())

let isLeaving = false
form.addEventListener('submit', event => {
  commit()
  const isDiscarded = event.submitter?.matches('[data-discard]')
  if (isDiscarded && fields() !== opened && !confirm(words.discard_changes)) return event.preventDefault()
  if (!isDiscarded && pictures.isBusy()) {
    event.preventDefault()
    return say(words.picture_pending)
  }
  // A draft that is on its way would come to life again behind the saved card.
  if (drafts.pending()) {
    event.preventDefault()
    const { submitter } = event
    return drafts.pending().finally(() => setTimeout(() => form.requestSubmit(submitter)))
  }
  isLeaving = true
  drafts.end(true)
}, true)
addEventListener('pageshow', event => { if (event.persisted) { isLeaving = false; drafts.resume() } })
addEventListener('beforeunload', event => { if (!isLeaving && !drafts.isKept() && !drafts.canSend()) event.preventDefault() })
if (form.querySelector('[data-focus]')) drafts.touch()

// Rich text is loaded when the page has been painted, and stays away where it was not built or not wanted.
if (form.dataset.bundle && mode === 'write' && remembered() !== 'write') {
  new PerformanceObserver((_list, observer) => {
    observer.disconnect()
    show('rich', false)
  }).observe({ type: 'paint', buffered: true })
}
