// Lists as Python-Markdown wants them: four spaces per level, and every blank line between points kept where it was, because
// a blank line is what makes the difference between a tight and a loose list.
import { BulletList, ListItem, OrderedList } from '@tiptap/extension-list'

const ENDS_BLANK = /\n[ \t]*\n[ \t]*$/

// Of four spaces the parser takes two for "- " and three for "1. ", and leaves the rest in the text.
function unindented(nodes) {
  const [first, ...rest] = nodes
  return first?.type === 'text' ? [{ ...first, text: first.text.trimStart() }, ...rest].filter(node => node.type !== 'text' || node.text) : nodes
}

function parseItem(token, helpers) {
  const content = (token.tokens ?? []).flatMap(part => {
    if (part.type === 'space') return []
    if (part.type === 'text' || part.type === 'paragraph') return [helpers.createNode('paragraph', undefined, unindented(helpers.parseInline(part.tokens ?? [part])))]
    return helpers.parseChildren([part.type === 'code' ? { ...part, raw: part.raw.replace(/^ {1,3}(?=[`~])/, '') } : part])
  })
  if (content[0]?.type !== 'paragraph') content.unshift({ type: 'paragraph' })
  const [, ...later] = token.tokens ?? []
  return helpers.createNode('listItem', {
    gapAfter: ENDS_BLANK.test(token.raw),
    gapInside: later.some(part => part.type === 'space') || later.length > 0 && ENDS_BLANK.test(token.tokens[0].raw),
  }, content)
}

const indented = text => text.split('\n').map(line => line && `    ${line}`).join('\n')

function renderItem(node, helpers, mark) {
  const [first, ...rest] = node.content ?? []
  const head = helpers.renderChildren(first ? [first] : [])
  let text = mark + indented(head).slice(4)
  for (const part of rest) {
    const isTight = /List$/.test(part.type) && !node.attrs?.gapInside
    text += (isTight ? '\n' : '\n\n') + indented(helpers.renderChildren([part]))
  }
  return text
}

function renderList(node, helpers, mark) {
  const items = node.content ?? []
  return items.map((item, i) => {
    const holdsBlocks = (item.content ?? []).slice(1).some(part => !/List$/.test(part.type))
    const gap = i === items.length - 1 ? '' : item.attrs?.gapAfter || holdsBlocks ? '\n\n' : '\n'
    return renderItem(item, helpers, mark(i)) + gap
  }).join('')
}

export const Item = ListItem.extend({
  addAttributes() {
    const hidden = { default: false, rendered: false, keepOnSplit: true }
    return { ...this.parent?.(), gapAfter: hidden, gapInside: { ...hidden, keepOnSplit: false } }
  },
  markdownTokenName: 'list_item',
  parseMarkdown: (token, helpers) => token.type === 'list_item' ? parseItem(token, helpers) : [],
})

export const Points = BulletList.extend({
  renderMarkdown: (node, helpers) => renderList(node, helpers, () => '- '),
})

// Without the tokenizer of the original, to which "No. Not so." is a list with letters.
export const Steps = OrderedList.extend({
  markdownTokenizer: null,
  parseMarkdown: (token, helpers) => token.ordered
    ? helpers.createNode('orderedList', { start: Number(token.start) || 1 }, helpers.parseChildren(token.items))
    : [],
  renderMarkdown: (node, helpers) => renderList(node, helpers, i => `${(node.attrs?.start ?? 1) + i}. `),
})
