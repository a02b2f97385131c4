// From the clean HTML of paste.js to Markdown, for the plain editor.

const SIGNS = /[\\`*_[\]~]/g
const MARKS = { STRONG: '**', EM: '*', S: '~~' }

/** Markdown of a clean fragment. */
export function toMarkdown(html) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  return blocks(page.body).trim()
}

function blocks(parent) {
  const parts = []
  let line = ''
  const flush = () => { if (line.trim()) parts.push(opened(line.trim())); line = '' }
  for (const node of parent.childNodes) {
    const made = block(node)
    if (made === undefined) { line += inline(node); continue }
    flush()
    if (made) parts.push(made)
  }
  flush()
  return parts.join('\n\n')
}

function block(node) {
  switch (node.nodeName) {
    case 'P': return opened(words(node))
    case 'H2': case 'H3': case 'H4': case 'H5': case 'H6': return `${'#'.repeat(Number(node.nodeName[1]))} ${words(node)}`
    case 'UL': case 'OL': return list(node)
    case 'PRE': return fenced(node.textContent)
    case 'BLOCKQUOTE': return blocks(node).split('\n').map(line => `> ${line}`.trimEnd()).join('\n')
    case 'TABLE': return table(node)
    case 'HR': return '---'
  }
}

const words = node => [...node.childNodes].map(inline).join('').trim()
const opened = text => text.replace(/^(?:(\d+)([.)])|([-+]|#{1,6}))(?=\s)/, (_, number, dot, mark) => number ? `${number}\\${dot}` : `\\${mark}`)

function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replace(SIGNS, '\\$&').replace(/</g, '&lt;')
  if (MARKS[node.nodeName]) return around(MARKS[node.nodeName], words(node), node.textContent)
  switch (node.nodeName) {
    case 'CODE': return code(node.textContent)
    case 'A': return `[${words(node)}](${node.getAttribute('href').replace(/[()\s]/g, encodeURIComponent).replace(/\(/g, '%28').replace(/\)/g, '%29')})`
    case 'IMG': return `![${node.alt}](${node.dataset.sending ? `sending:${node.dataset.sending}` : node.getAttribute('src')})`
    case 'BR': return '  \n'
  }
  return [...node.childNodes].map(inline).join('')
}

// A mark must touch the word: " bold " is no bold.
const around = (mark, text, whole) => text ? `${/^\s/.test(whole) ? ' ' : ''}${mark}${text}${mark}${/\s$/.test(whole) ? ' ' : ''}` : ''

function code(text) {
  const ticks = '`'.repeat(Math.max(0, ...(text.match(/`+/g) ?? []).map(run => run.length)) + 1)
  const gap = /^`|`$/.test(text) ? ' ' : ''
  return `${ticks}${gap}${text}${gap}${ticks}`
}

function fenced(text) {
  const fence = '`'.repeat(Math.max(2, ...(text.match(/`+/g) ?? []).map(run => run.length)) + 1)
  return `${fence}\n${text}\n${fence}`
}

function list(node) {
  return [...node.children].map((item, i) => {
    const mark = node.nodeName === 'OL' ? `${i + 1}. ` : '- '
    const [first, ...rest] = blocks(item).replace(/\n\n(?= *(?:[-*]|\d+\.) )/g, '\n').split('\n')
    return [mark + first, ...rest.map(line => line && `    ${line}`)].join('\n')
  }).join('\n')
}

function table(node) {
  const rows = [...node.rows].map(row => [...row.cells].map(cell => words(cell).replace(/\s*\n\s*/g, '<br>').replace(/\|/g, '\\|')))
  const line = cells => `| ${cells.join(' | ')} |`
  return [line(rows[0]), line(rows[0].map(() => '---')), ...rows.slice(1).map(line)].join('\n')
}
