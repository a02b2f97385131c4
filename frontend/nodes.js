// What a card's Markdown can hold beyond the usual: callouts, pieces kept word for word, pictures on their way.
import { Node } from '@tiptap/core'

const KINDS = {
  note: ['info', 'abstract', 'summary', 'todo', 'question', 'example', 'quote', 'seealso'],
  tip: ['hint', 'success', 'check', 'done'],
  warning: ['attention'],
  important: [],
  caution: ['danger', 'error', 'failure', 'bug'],
}
const kindOf = word => Object.keys(KINDS).find(kind => kind === word.toLowerCase() || KINDS[kind].includes(word.toLowerCase()))

const MARK = /^(?: {0,3}> ?)\[!(\w{1,20})\]([+-]?)[ \t]*([^\n]*)(?:\n|$)/
const QUOTED = /^(?: {0,3}>[^\n]*(?:\n|$))+/

/** `> [!NOTE] Title` and the quoted lines below it, whatever word the author chose for it. */
export const Callout = Node.create({
  name: 'callout',
  group: 'block',
  content: 'block+',
  defining: true,
  addAttributes: () => ({ word: { default: 'NOTE' }, fold: { default: '' }, title: { default: '' } }),
  parseHTML: () => [{ tag: 'div[data-callout]', contentElement: box => box.lastElementChild, getAttrs: box => ({ word: box.dataset.callout }) }],
  renderHTML({ node }) {
    const { word, title } = node.attrs
    const name = title || word[0].toUpperCase() + word.slice(1).toLowerCase()
    const box = { class: `callout callout-${kindOf(word) ?? 'note'}`, 'data-callout': word }
    return ['div', box, ['p', { class: 'callout-title', contenteditable: 'false' }, name], ['div', 0]]
  },
  addCommands() {
    return {
      toggleCallout: () => ({ commands }) => commands.toggleWrap(this.name),
      setCallout: word => ({ commands }) => commands.updateAttributes(this.name, { word }),
    }
  },
  markdownTokenName: 'callout',
  markdownTokenizer: {
    name: 'callout',
    level: 'block',
    start: source => source.search(/^ {0,3}> ?\[!\w/m),
    tokenize(source, _tokens, lexer) {
      const mark = MARK.exec(source)
      if (!mark || !kindOf(mark[1])) return undefined
      const [raw] = QUOTED.exec(source)
      const text = raw.slice(mark[0].length).replace(/^ {0,3}> ?/gm, '')
      return { type: 'callout', raw, word: mark[1], fold: mark[2], title: mark[3].trim(), tokens: lexer.blockTokens(text) }
    },
  },
  parseMarkdown({ word, fold, title, tokens }, helpers) {
    const inside = helpers.parseChildren(tokens ?? [])
    return helpers.createNode('callout', { word, fold, title }, inside.length ? inside : [{ type: 'paragraph' }])
  },
  renderMarkdown({ attrs, content }, helpers) {
    const head = `[!${attrs.word}]${attrs.fold}${attrs.title ? ` ${attrs.title}` : ''}`
    return `${head}\n${helpers.renderChildren(content ?? [], '\n\n')}`.split('\n').map(line => `> ${line}`.trimEnd()).join('\n')
  },
})

// Footnotes, `!!! note` boxes and definition lists: no editor of ours, so they stay as they were written.
const INDENTED = String.raw`(?:(?:[ \t]*\n)*(?: {4}|\t)[^\n]*(?:\n|$))*`
const KEPT = [
  new RegExp(String.raw`^\[\^[^\]\n]{1,200}\]:[^\n]*(?:\n(?![ \t]*(?:\n|$))(?!\[\^)[^\n]+)*(?:\n|$)${INDENTED}`),
  new RegExp(String.raw`^!!! ?\w[^\n]*(?:\n|$)${INDENTED}`),
  new RegExp(String.raw`^(?![ \t]*(?:[-*+>#|]|\d+[.)] ))[^\n]+\n\n?: {1,3}\S[^\n]*(?:\n|$)(?:${INDENTED}(?:\n?: {1,3}\S[^\n]*(?:\n|$)|[^\n]+\n\n?: {1,3}\S[^\n]*(?:\n|$)))*`),
]

/** A block shown as its source and saved word for word. */
export const KeptBlock = Node.create({
  name: 'keptBlock',
  group: 'block',
  atom: true,
  addOptions: () => ({ title: '' }),
  addAttributes: () => ({ source: { default: '' } }),
  parseHTML: () => [{ tag: 'pre[data-kept]', priority: 90, getAttrs: box => ({ source: box.textContent }) }],
  renderHTML({ node }) { return ['pre', { class: 'kept', 'data-kept': '', title: this.options.title }, node.attrs.source] },
  markdownTokenName: 'keptBlock',
  markdownTokenizer: {
    name: 'keptBlock',
    level: 'block',
    start: source => source.search(/^(?:\[\^[^\]\n]+\]:|!!! ?\w)/m),
    tokenize(source) {
      const raw = KEPT.map(pattern => pattern.exec(source)?.[0]).find(Boolean)
      return raw && { type: 'keptBlock', raw }
    },
  },
  parseMarkdown: (token, helpers) => helpers.createNode('keptBlock', { source: token.raw.trimEnd() }, []),
  renderMarkdown: node => node.attrs.source,
})

/** The same for blocks of HTML, such as <details>. */
export const KeptHtml = Node.create({
  name: 'keptHtml',
  group: 'block',
  atom: true,
  addOptions: () => ({ title: '' }),
  addAttributes: () => ({ source: { default: '' } }),
  parseHTML: () => [{ tag: 'pre[data-html]', priority: 90, getAttrs: box => ({ source: box.textContent }) }],
  renderHTML({ node }) { return ['pre', { class: 'kept', 'data-html': '', title: this.options.title }, node.attrs.source] },
  markdownTokenName: 'html',
  parseMarkdown: (token, helpers) => helpers.createNode('keptHtml', { source: token.raw.trimEnd() }, []),
  renderMarkdown: node => node.attrs.source,
})

const VOID = /^<(?:br|img|wbr|hr|input)\b[^<>\n]{0,500}>/i
const COMMENT = /^<!--[\s\S]{0,2000}?-->/
const ELEMENT = /^<([a-z][a-z0-9]*)(?:\s[^<>\n]{0,500})?>[^\n]{0,2000}?<\/\1\s*>/i
const LONE_TAG = /^<\/?[a-z][a-z0-9]*(?:\s[^<>\n]{0,500})?\/?>/i
const FOOTNOTE = /^\[\^[^\]\n]{1,200}\]/

/** Footnote marks and HTML inside a line, kept as they are. */
export const KeptWords = Node.create({
  name: 'keptWords',
  group: 'inline',
  inline: true,
  atom: true,
  addOptions: () => ({ title: '' }),
  addAttributes: () => ({ source: { default: '' } }),
  parseHTML: () => [{ tag: 'code[data-kept]', priority: 90, getAttrs: box => ({ source: box.textContent }) }],
  renderHTML({ node }) { return ['code', { class: 'kept', 'data-kept': '', title: this.options.title }, node.attrs.source] },
  renderText: ({ node }) => node.attrs.source,
  markdownTokenName: 'keptWords',
  markdownTokenizer: {
    name: 'keptWords',
    level: 'inline',
    start: source => source.search(/<[a-z/!]|\[\^/i),
    tokenize(source) {
      const raw = [VOID, COMMENT, ELEMENT, LONE_TAG, FOOTNOTE].map(pattern => pattern.exec(source)?.[0]).find(Boolean)
      return raw && { type: 'keptWords', raw }
    },
  },
  parseMarkdown: (token, helpers) => helpers.createNode('keptWords', { source: token.raw }, []),
  renderMarkdown: node => node.attrs.source,
})

/** A picture in the text. While it is on its way to the server it shows the file at hand, and is saved as a placeholder. */
export const Picture = Node.create({
  name: 'image',
  group: 'inline',
  inline: true,
  draggable: true,
  addAttributes() {
    const unseen = { default: null, rendered: false }
    return { src: { default: null }, alt: { default: '' }, title: { default: null }, sending: unseen, shown: unseen }
  },
  parseHTML: () => [
    { tag: 'img[src^="/media/"]' },
    { tag: 'img[data-sending]', getAttrs: img => ({ sending: img.dataset.sending, alt: img.alt }) },
  ],
  renderHTML({ node, HTMLAttributes }) {
    const { sending, shown } = node.attrs
    return ['img', sending ? { ...(shown && { src: shown }), alt: HTMLAttributes.alt, class: 'sending' } : HTMLAttributes]
  },
  markdownTokenName: 'image',
  parseMarkdown(token, helpers) {
    const sending = /^sending:(\w+)$/.exec(token.href)?.[1] ?? null
    return helpers.createNode('image', { src: token.href, alt: token.text, title: token.title || null, sending })
  },
  renderMarkdown({ attrs: { sending, src, alt, title } }) {
    const words = (alt ?? '').replace(/[[\]\n]/g, ' ')
    return `![${words}](${sending ? `sending:${sending}` : src ?? ''}${title ? ` "${title.replace(/"/g, "'")}"` : ''})`
  },
})
