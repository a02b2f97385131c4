// What a clipboard holds, made clean: HTML of Word, Google Docs, spreadsheets or a web page becomes small HTML without styles.
// Pure functions, shared by the rich and the plain editor. Styles are read as text: under the strict policy a pasted style
// is void, and what it said (bold, a list's level, "this <b> is not bold") would be lost or turned into its opposite.

const LARGEST = 2_000_000
const NAMES = {
  B: 'strong', STRONG: 'strong', I: 'em', EM: 'em', S: 's', DEL: 's', STRIKE: 's', CODE: 'code', TT: 'code', KBD: 'code',
  H1: 'h2', H2: 'h3', H3: 'h4', H4: 'h5', H5: 'h6', H6: 'h6', UL: 'ul', OL: 'ol', LI: 'li', PRE: 'pre', BLOCKQUOTE: 'blockquote',
  P: 'p', BR: 'br', HR: 'hr',
}
const BLOCKS = 'p,h1,h2,h3,h4,h5,h6,ul,ol,pre,blockquote,table,hr,div,section,article'
const GONE = 'script,style,meta,link,title,base,iframe,frame,object,embed,form,input,button,select,textarea,svg,math,template,noscript,audio,video,canvas,[hidden]'
const MONOSPACED = /mono|courier|consolas|menlo/

/** → { html, missing: pictures that could not come along, data: data: addresses of those that did }, or null for too much. */
export function normalise(source, origin = globalThis.location?.origin) {
  if (source.length > LARGEST) return null
  const page = new DOMParser().parseFromString(disarm(source), 'text/html')
  for (const node of page.body.querySelectorAll(GONE)) node.remove()
  nestWordLists(page)
  nestLooseLists(page)
  const result = page.createElement('div')
  const kept = { page, origin, root: result, missing: 0, data: [] }
  copy(page.body, result, kept, {})
  tidy(result)
  return { html: result.innerHTML, missing: kept.missing, data: kept.data }
}

/** Before anything parses it: no styles, handlers, comments, Office's own tags, and nothing of the head. */
function disarm(source) {
  return (/<body[^>]*>([\s\S]*)<\/body>/i.exec(source)?.[1] ?? source)
    .replace(/<(script|style|xml|head)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/<!--[\s\S]*?-->|<!\[[^>]*>|<\/?[a-z]+:[^>]*>|<(?:base|meta|link)\b[^>]*>/gi, '')
    .replace(/<[a-z](?:"[^"]*"|'[^']*'|[^'"<>])*>/gi, tag => tag
      .replace(/([\s"'/])style(\s*=)/gi, '$1data-css$2')
      .replace(/([\s"'/])on[a-z]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, '$1'))
}

/** A copy made in our own editor keeps what only it knows; still no styles, no handlers and no pictures from elsewhere. */
export function ownCopy(source) {
  if (!source.includes('data-pm-slice') || source.length > LARGEST) return null
  return disarm(source).replace(/<img\b[^>]*>/gi, tag => /\ssrc="\/media\//.test(tag) ? tag : '')
}

function css(node) {
  const pairs = (node.getAttribute('data-css') ?? '').toLowerCase().split(';').map(rule => rule.split(/:(.*)/s))
  const face = node.getAttribute('face')?.toLowerCase()
  return Object.fromEntries([['font-family', face], ...pairs.map(([name, value]) => [name.trim(), (value ?? '').trim()])])
}

// Word says "list 0, level 2" in a style and draws the bullet itself, in a span that it asks to ignore.
function nestWordLists(page) {
  const items = new Map()
  for (const p of page.body.querySelectorAll('p')) {
    const level = Number(/level(\d)/.exec(css(p)['mso-list'])?.[1])
    if (!level) continue
    const marker = [...p.querySelectorAll('span')].filter(span => css(span)['mso-list'] === 'ignore')
    const text = marker.map(span => span.textContent).join('').trim()
    for (const span of marker) span.remove()
    items.set(p, { level, kind: /^(?!o$)\(?(?:\d+|[a-z]|[ivxlc]+)[.)]$/i.test(text) ? 'ol' : 'ul' })
  }
  let open = []
  for (const [p, { level, kind }] of items) {
    if (!items.has(p.previousElementSibling) && p.previousElementSibling !== open[0]) open = []
    open.length = Math.min(open.length, level)
    if (open.length === level && open[level - 1].localName !== kind) open.length = level - 1
    while (open.length < level) {
      const list = page.createElement(kind)
      const parent = open.at(-1)
      if (!parent) p.before(list)
      else (parent.lastElementChild ?? parent.appendChild(page.createElement('li'))).append(list)
      open.push(list)
    }
    const item = page.createElement('li')
    item.append(...p.childNodes)
    open.at(-1).append(item)
    p.remove()
  }
}

// Google Docs and old mail programs put a list straight into a list, where it belongs to the point before.
function nestLooseLists(page) {
  for (const list of page.body.querySelectorAll('ul > ul, ul > ol, ol > ul, ol > ol')) {
    if (list.previousElementSibling?.localName === 'li') list.previousElementSibling.append(list)
    else list.replaceWith(...list.childNodes)
  }
}

function copy(from, into, kept, inside) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.append(inside.pre ? node.data : node.data.replace(/[\s\u00a0]+/g, ' '))
    else if (node.nodeType === Node.ELEMENT_NODE) copyElement(node, into, kept, inside)
  }
}

function copyElement(node, into, kept, inside) {
  const { page } = kept
  const put = (name, within = {}) => copy(node, into.appendChild(page.createElement(name)), kept, { ...inside, ...within })
  const name = NAMES[node.tagName]
  const style = css(node)
  if (node.tagName === 'IMG') return copyPicture(node, into, kept)
  if (node.tagName === 'TABLE') return copyTable(node, into, kept, inside)
  if (node.tagName === 'A') return copyLink(node, into, kept, inside)
  if (inside.pre) return copy(node, into, kept, inside)
  if (name === 'pre' || (node.tagName === 'DIV' && /^pre/.test(style['white-space']) && MONOSPACED.test(style['font-family']))) return copyCode(node, into, page)
  if (inside.cell && (name === 'p' || node.tagName === 'DIV')) return into.append(' '), copy(node, into, kept, inside)
  if (name === 'p' && /\bmsotitle\b/i.test(node.className)) return put('h2', { bold: true })
  if (name === 'strong') return isLight(style) || inside.bold ? copy(node, into, kept, inside) : put(name, { bold: true })
  if (name === 'br' && into === kept.root) return
  if (/^h\d$/.test(name)) return put(name, { bold: true })
  if (name) return put(name)
  if (node.tagName === 'DIV' && !node.querySelector(BLOCKS)) return put('p')
  copy(node, marked(node, style, into, page, inside), kept, isHeavy(style) ? { ...inside, bold: true } : inside)
}

const isLight = style => style['font-weight'] === 'normal' || Number(style['font-weight']) < 600
const isHeavy = style => /^bold/.test(style['font-weight']) || Number(style['font-weight']) >= 600

/** Inside of what a span's style means: strong, emphasised, struck out, code. */
function marked(node, style, into, page, inside) {
  if (!['SPAN', 'FONT'].includes(node.tagName) || node.querySelector(BLOCKS)) return into
  const marks = [
    isHeavy(style) && !inside.bold && 'strong',
    /italic/.test(style['font-style']) && 'em',
    /line-through/.test(style['text-decoration'] ?? style['text-decoration-line']) && 's',
    MONOSPACED.test(style['font-family']) && 'code',
  ]
  return marks.filter(Boolean).reduce((box, name) => box.appendChild(page.createElement(name)), into)
}

function copyLink(node, into, kept, inside) {
  const href = address(node.getAttribute('href') ?? '')
  if (!href || inside.link || node.querySelector(BLOCKS)) return copy(node, into, kept, inside)
  const link = into.appendChild(kept.page.createElement('a'))
  link.setAttribute('href', href)
  copy(node, link, kept, { ...inside, link: true })
}

function address(href) {
  const found = /^https?:\/\/www\.google\.[a-z.]+\/url\?(.*)$/i.exec(href)
  const target = (found && new URLSearchParams(found[1]).get('q')) || href.trim()
  return /^(?:https?:\/\/[^\s\\]+|mailto:[^\s\\]+)$/i.test(target) ? target : ''
}

function copyPicture(node, into, kept) {
  const source = node.getAttribute('src') ?? ''
  const own = source.startsWith(`${kept.origin}/media/`) ? source.slice(kept.origin.length) : source
  if (Number(node.getAttribute('width') ?? 9) <= 2) return
  const picture = kept.page.createElement('img')
  picture.setAttribute('alt', node.getAttribute('alt') ?? '')
  if (/^\/media\/[\w.-]+$/.test(own)) picture.setAttribute('src', own)
  else if (/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(source)) picture.dataset.picture = kept.data.push(source) - 1
  else { kept.missing += 1; return }
  into.append(picture)
}

function copyCode(node, into, page) {
  for (const end of node.querySelectorAll('br')) end.replaceWith('\n')
  for (const line of node.querySelectorAll('div, p')) line.append('\n')
  const code = page.createElement('code')
  code.textContent = node.textContent.replace(/\u00a0/g, ' ').replace(/\n+$/, '')
  into.appendChild(page.createElement('pre')).append(code)
}

// Markdown's tables have one heading row and no spans; a table of one cell, or around another, is only a frame.
function copyTable(table, into, kept, inside) {
  const rows = [...table.rows]
  const cells = rows.flatMap(row => [...row.cells])
  if (cells.length <= 1 || inside.cell || table.querySelector('table')) return cells.forEach(cell => copyCell(cell, into, kept, inside))
  const grid = rows.map(() => [])
  rows.forEach((row, y) => {
    let x = 0
    for (const cell of row.cells) {
      while (grid[y][x] !== undefined) x += 1
      const width = Math.min(cell.colSpan, 50)
      for (let down = 0; down < Math.min(cell.rowSpan, rows.length - y); down += 1) {
        for (let right = 0; right < width; right += 1) grid[y + down][x + right] = down || right ? null : cell
      }
      x += width
    }
  })
  const filled = grid.filter(row => row.some(cell => cell && (cell.textContent.trim() || cell.querySelector('img'))))
  const width = Math.max(...filled.map(row => row.findLastIndex(cell => cell?.textContent.trim()) + 1), 1)
  const made = into.appendChild(kept.page.createElement('table'))
  filled.forEach((row, y) => {
    const line = made.appendChild(kept.page.createElement('tr'))
    for (let x = 0; x < width; x += 1) {
      const box = line.appendChild(kept.page.createElement(y ? 'td' : 'th'))
      if (row[x]) copy(row[x], box, kept, { ...inside, cell: true, bold: !y })
    }
  })
}

function copyCell(cell, into, kept, inside) {
  const hasBlocks = Boolean(cell.querySelector(BLOCKS))
  const box = hasBlocks || inside.cell ? into : into.appendChild(kept.page.createElement('p'))
  copy(cell, box, kept, inside)
}

function tidy(result) {
  for (const item of result.querySelectorAll('li')) {
    const [only, ...more] = item.querySelectorAll(':scope > p')
    if (only && !more.length) only.replaceWith(...only.childNodes)
  }
  const hollow = [...result.querySelectorAll('p,strong,em,s,code,a,li,ul,ol,h2,h3,h4,h5,h6,blockquote')].reverse()
  for (const node of hollow) if (!node.textContent.trim() && !node.querySelector('img,hr')) node.replaceWith(...(node.textContent ? [' '] : []))
  for (const box of result.querySelectorAll('th,td,p,li')) {
    if (box.firstChild?.nodeType === Node.TEXT_NODE) box.firstChild.data = box.firstChild.data.trimStart()
    if (box.lastChild?.nodeType === Node.TEXT_NODE) box.lastChild.data = box.lastChild.data.trimEnd()
  }
}

/** Does it hold more than plain words would? */
export const hasStructure = html => /<(?:strong|em|s|code|a|ul|ol|h\d|table|blockquote|pre|img|hr)[\s>]/.test(html)

/** Text of a spreadsheet as the HTML of a table; "" if it is none. */
export function tableFromText(text) {
  const rows = text.replace(/\r?\n$/, '').split(/\r?\n/).map(line => line.split('\t'))
  if (rows.length < 2 || rows[0].length < 2 || rows.some(row => row.length !== rows[0].length)) return ''
  const safe = cell => cell.trim().replace(/[&<>]/g, sign => `&#${sign.charCodeAt()};`)
  return `<table>${rows.map((row, y) => `<tr>${row.map(cell => `<t${y ? 'd' : 'h'}>${safe(cell)}</t${y ? 'd' : 'h'}>`).join('')}</tr>`).join('')}</table>`
}

/** Is the text one web address and nothing else? */
export const isAddress = text => /^(?:https?:\/\/|mailto:)\S+$/i.test(text.trim())
