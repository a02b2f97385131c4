// The plain editor: the textarea with what a toolbar, a paste and the Enter key do to its Markdown.
import { toMarkdown } from './markdown.js'
import { hasStructure, isAddress, normalise, tableFromText } from './paste.js'

/** `on` has files(list) and pasted(result of normalise) → html to insert. Answers with what the rich editor answers with. */
export function plain(body, on) {
  // execCommand is old, but it is the only way that keeps the browser's own undo.
  function put(text, from, to, selectFrom = from + text.length, selectTo = selectFrom) {
    body.focus()
    body.setSelectionRange(from, to)
    if (!document.execCommand('insertText', false, text)) body.setRangeText(text, from, to, 'end')
    body.setSelectionRange(selectFrom, selectTo)
  }

  const chosen = () => body.value.slice(body.selectionStart, body.selectionEnd)

  function wrap(before, after, sample) {
    const { selectionStart: from, selectionEnd: to, value } = body
    const text = chosen() || sample
    const isWrapped = value.slice(from - before.length, from) === before && value.slice(to, to + after.length) === after
    if (isWrapped) return put(text, from - before.length, to + after.length, from - before.length, to - before.length)
    put(before + text + after, from, to, from + before.length, from + before.length + text.length)
  }

  // Whole lines get or lose a mark in front: a list, steps, a heading.
  function prefix(mark, strip, isOn) {
    const { value } = body
    const from = value.lastIndexOf('\n', body.selectionStart - 1) + 1
    const end = value.indexOf('\n', body.selectionEnd)
    const to = end < 0 ? value.length : end
    const lines = value.slice(from, to).split('\n')
    const isMarked = lines.every(line => isOn.test(line))
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

  function link(href) {
    if (href) return put(`[${chosen() || href}](${href})`, body.selectionStart, body.selectionEnd)
    const words = chosen()
    if (isAddress(words)) return wrap('[words](', ')', '')
    const from = body.selectionStart
    const text = `[${words || 'words'}](https://)`
    put(text, from, body.selectionEnd, from + text.length - 9, from + text.length - 1)
  }

  function insert(text) {
    const isBlock = /\n|^(?:#|[-*] |\d+\. |\||>|```)/.test(text)
    const before = body.value.slice(0, body.selectionStart)
    const gap = !isBlock || !before || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
    put(gap + text, body.selectionStart, body.selectionEnd)
  }

  const commands = {
    bold: () => wrap('**', '**', 'words'),
    italic: () => wrap('*', '*', 'words'),
    code: () => wrap('`', '`', 'code'),
    link,
    style: level => Number(level)
      ? prefix(() => `${'#'.repeat(level)} `, /^#{1,6} /, new RegExp(`^#{${level}} `))
      : prefix(() => '', /^#{1,6} /, /^#{1,6} /),
    list: () => prefix(() => '- ', /^\s*[-*] /, /^\s*[-*] /),
    steps: () => prefix(i => `${i + 1}. `, /^\s*\d+\. /, /^\s*\d+\. /),
    table: () => block('| Column | Column |\n| --- | --- |\n| Cell | Cell |', 2, 8),
    note: () => block('> [!NOTE]\n> Words', 12, 17),
  }

  function replaceOnce(from, to) {
    const at = body.value.indexOf(from)
    if (at < 0) return
    const { selectionStart, selectionEnd } = body
    const shift = place => place > at ? Math.max(at, place + to.length - from.length) : place
    body.setRangeText(to, at, at + from.length)
    body.setSelectionRange(shift(selectionStart), shift(selectionEnd))
    body.dispatchEvent(new Event('input', { bubbles: true }))
  }

  let isPlainPaste = false
  body.addEventListener('keydown', event => { isPlainPaste = event.shiftKey })
  body.addEventListener('paste', event => {
    const data = event.clipboardData
    const html = data.getData('text/html')
    const text = data.getData('text/plain')
    const files = [...data.files].filter(file => file.type.startsWith('image/'))
    const clean = html && normalise(html)
    const made = isPlainPaste ? '' : clean && hasStructure(clean.html) ? clean.html : clean?.missing ? '' : tableFromText(text)
    if (files.length && !text.trim()) on.files(files)
    else if (isAddress(text) && chosen() && !isAddress(chosen())) link(text.trim())
    else if (clean && (made || clean.missing)) insert(toMarkdown(on.pasted(clean)))
    else if (made) insert(toMarkdown(made))
    else return
    event.preventDefault()
  })
  body.addEventListener('drop', event => {
    if (!event.dataTransfer.files.length) return
    event.preventDefault()
    on.files([...event.dataTransfer.files])
  })

  // Enter goes on with the list; on an empty point it ends it.
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

  return {
    run: (name, value) => commands[name]?.(value),
    focus: () => body.focus(),
    selected: chosen,
    pressed: () => ({}),
    insertMarkdown: insert,
    startPicture: (id, name) => insert(`![${name}](sending:${id})`),
    finishPicture: (id, path) => replaceOnce(`](sending:${id})`, `](${path})`),
    dropPicture: id => replaceOnce(new RegExp(`!\\[[^\\]]*\\]\\(sending:${id}\\)`).exec(body.value)?.[0] ?? '\0', ''),
  }
}
