// Copies a card's answer (rich and plain) or its address, says so, and tells the server that it was used.
//   data-copy="#id"      copy that element     data-copy-text="words"   copy these words
//   data-copy-said="…"   the toast             data-copy-log="/url"     POST here afterwards

// Tables and lists have to survive as plain text: cells by tabs, points by dashes, steps by numbers.
function plain(node, depth = 0) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\s+/g, ' ')
  const inside = () => [...node.childNodes].map(child => plain(child, depth)).join('')
  switch (node.nodeName) {
    case 'BR': return '\n'
    case 'PRE': return `\n${node.textContent.trimEnd()}\n\n`
    case 'TR': return [...node.cells].map(cell => plain(cell).trim()).join('\t') + '\n'
    case 'THEAD': case 'TBODY': return [...node.rows].map(row => plain(row)).join('')
    case 'TABLE': return '\n' + [...node.rows].map(row => plain(row)).join('') + '\n'
    case 'UL': case 'OL': return list(node, depth)
    case 'P': case 'H1': case 'H2': case 'H3': case 'H4': case 'H5': case 'H6': case 'BLOCKQUOTE': case 'DIV':
      return `\n${inside().trim()}\n`
    default: return inside()
  }
}

function list(node, depth) {
  const start = node.start || 1
  const points = [...node.children].map((item, index) => {
    const sign = node.nodeName === 'OL' ? `${start + index}.` : '-'
    const words = [...item.childNodes].map(child => plain(child, depth + 1)).join('').trim()
    return '  '.repeat(depth) + `${sign} ${words}`
  })
  return `\n${points.join('\n')}\n`
}

const words = element => plain(element).replace(/\n{3,}/g, '\n\n').replace(/[ \t]+\n/g, '\n').trim()

async function copyRich(element) {
  const text = words(element)
  if (!navigator.clipboard?.write) return copyOld(text)
  const blob = (data, type) => new Blob([data], { type })
  await navigator.clipboard.write([new ClipboardItem({
    'text/plain': blob(text, 'text/plain'), 'text/html': blob(element.innerHTML, 'text/html'),
  })])
}

async function copyText(text) {
  if (!navigator.clipboard) return copyOld(text)
  await navigator.clipboard.writeText(text)
}

// Without TLS there is no clipboard API; a selected field still copies.
function copyOld(text) {
  const back = document.activeElement
  const field = Object.assign(document.createElement('textarea'), { value: text, className: 'hush', readOnly: true })
  document.body.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  back?.focus()
  if (!done) throw new Error('copying was refused')
}

function log(url) {
  const token = document.querySelector('meta[name=csrf-token]')?.content ?? ''
  fetch(url, { method: 'POST', body: new URLSearchParams({ csrf_token: token }), keepalive: true }).catch(() => {})
}

async function copy(button) {
  const { copy: from, copyText: text, copySaid: said = spoken('Copied'), copyLog } = button.dataset
  let message = said
  try {
    if (from) await copyRich(document.querySelector(from))
    else await copyText(text)
    if (copyLog) log(copyLog)
  } catch {
    message = spoken('The browser refused to copy. Select the text and copy it by hand.')
  }
  document.dispatchEvent(new CustomEvent('toast', { detail: message }))
}

document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy], [data-copy-text]')
  if (button) copy(button)
})
