// The plain editor: a toolbar over the textarea, a preview drawn by the server, and a warning before text is lost.

const form = document.querySelector('[data-editor]')
const body = form.querySelector('[name=body]')
const toolbar = form.querySelector('[data-toolbar]')
const preview = form.querySelector('[data-shown]')
const write = form.querySelector('[data-write]')

const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== 'csrf_token'))
let saved = state()
let isLeaving = Boolean(form.querySelector('[data-focus]'))
if (isLeaving) { saved = ''; isLeaving = false }

// execCommand is old, but it is the only way that keeps the browser's own undo.
function put(text, from, to, selectFrom = from + text.length, selectTo = selectFrom) {
  body.focus()
  body.setSelectionRange(from, to)
  if (!document.execCommand('insertText', false, text)) body.setRangeText(text, from, to, 'end')
  body.setSelectionRange(selectFrom, selectTo)
}

function wrap(before, after, sample) {
  const { selectionStart: from, selectionEnd: to, value } = body
  const chosen = value.slice(from, to) || sample
  const isWrapped = value.slice(from - before.length, from) === before && value.slice(to, to + after.length) === after
  if (isWrapped) return put(chosen, from - before.length, to + after.length, from - before.length, to - before.length)
  put(before + chosen + after, from, to, from + before.length, from + before.length + chosen.length)
}

// Whole lines get or lose a mark in front: a list, steps, a heading, a quote.
function prefix(mark, strip) {
  const { value } = body
  const from = value.lastIndexOf('\n', body.selectionStart - 1) + 1
  const end = value.indexOf('\n', body.selectionEnd)
  const to = end < 0 ? value.length : end
  const lines = value.slice(from, to).split('\n')
  const isMarked = lines.every(line => strip.test(line))
  const text = lines.map((line, i) => isMarked ? line.replace(strip, '') : mark(i) + line.replace(/^(\s*)([-*]|\d+\.|#+) /, '$1')).join('\n')
  put(text, from, to, lines.length > 1 ? from : from + text.length, from + text.length)
}

function block(text, selectFrom, selectTo) {
  const next = body.value.indexOf('\n\n', body.selectionEnd)
  const at = next < 0 ? body.value.length : next
  const before = body.value.slice(0, at)
  const gap = !before ? '' : before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  put(gap + text + (next < 0 ? '\n' : ''), at, at, at + gap.length + selectFrom, at + gap.length + selectTo)
}

function link() {
  const chosen = body.value.slice(body.selectionStart, body.selectionEnd)
  if (/^https?:\S+$/.test(chosen)) return wrap('[words](', ')', '')
  const from = body.selectionStart
  const words = chosen || 'words'
  const text = `[${words}](https://)`
  put(text, from, body.selectionEnd, from + words.length + 3, from + text.length - 1)
}

const COMMANDS = {
  bold: () => wrap('**', '**', 'words'),
  italic: () => wrap('*', '*', 'words'),
  code: () => wrap('`', '`', 'code'),
  link,
  heading: () => prefix(() => '## ', /^#{1,6} /),
  list: () => prefix(() => '- ', /^\s*[-*] /),
  steps: () => prefix(i => `${i + 1}. `, /^\s*\d+\. /),
  table: () => block('| Column | Column |\n| --- | --- |\n| Cell | Cell |', 2, 8),
  note: () => block('> [!NOTE]\n> Words', 12, 17),
}

toolbar.addEventListener('click', event => {
  const name = event.target.closest('[data-do]')?.dataset.do
  if (name) COMMANDS[name]()
})

// One stop for Tab, arrows inside: the pattern of every toolbar.
const tools = [...toolbar.querySelectorAll('button')]
tools.forEach((tool, i) => { tool.tabIndex = i ? -1 : 0 })
toolbar.addEventListener('keydown', event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step) return
  const next = tools[(tools.indexOf(document.activeElement) + step + tools.length) % tools.length]
  for (const tool of tools) tool.tabIndex = tool === next ? 0 : -1
  next.focus()
})

async function show(mode) {
  const isPreview = mode === 'preview'
  if (isPreview) {
    const answer = await fetch(form.dataset.previewAction, { method: 'POST', headers: { 'X-Fragment': '1' }, body: new FormData(form) }).catch(() => null)
    if (!answer?.ok) return document.dispatchEvent(new CustomEvent('toast', { detail: 'The preview could not be drawn. Your text is still here.' }))
    preview.innerHTML = await answer.text()
  }
  preview.hidden = !isPreview
  write.hidden = toolbar.hidden = isPreview
  for (const button of form.querySelectorAll('[data-mode]')) button.setAttribute('aria-pressed', String(button.dataset.mode === mode))
  if (!isPreview) body.focus()
}

form.addEventListener('click', event => {
  const mode = event.target.closest('[data-mode]')?.dataset.mode
  if (!mode) return
  event.preventDefault()
  show(mode)
})

form.addEventListener('keydown', event => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return
  const act = {
    s: () => form.querySelector('[data-save]')?.click(),
    Enter: () => form.querySelector('[data-verify]')?.click(),
    ...(event.target === body && { k: link, b: COMMANDS.bold, i: COMMANDS.italic }),
  }[event.key]
  if (!act) return
  event.preventDefault()
  act()
})

// Enter goes on with the list; on an empty point it ends it. A title has one line.
form.querySelector('[name=title]').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) { event.preventDefault(); body.focus() }
})
body.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing) return
  const from = body.value.lastIndexOf('\n', body.selectionStart - 1) + 1
  const found = /^(\s*)([-*]|(\d+)\.) (.*)$/.exec(body.value.slice(from, body.selectionStart))
  if (!found || body.selectionStart !== body.selectionEnd) return
  event.preventDefault()
  const [, indent, mark, number, words] = found
  if (!words.trim()) return put('', from, body.selectionStart)
  put(`\n${indent}${number ? `${Number(number) + 1}.` : mark} `, body.selectionStart, body.selectionStart)
})

form.addEventListener('submit', () => { isLeaving = true })
addEventListener('beforeunload', event => { if (!isLeaving && state() !== saved) event.preventDefault() })
