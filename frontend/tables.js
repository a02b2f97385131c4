// Tables as people write them: one line per row, no padding, so that a changed cell is one changed line.
import { Table, TableCell, TableHeader } from '@tiptap/extension-table'
import { Fragment, Slice } from '@tiptap/pm/model'
import { isInTable } from '@tiptap/pm/tables'

const RULES = { left: ':---', right: '---:', center: ':---:' }

function renderCell(cell, helpers) {
  return (cell.content ?? []).map(block => helpers.renderChildren([block])).join('<br>')
    .replace(/ *\n+/g, '<br>').replace(/((?:^|[^\\])(?:\\\\)*)\|/g, '$1\\|').trim()
}

// A cell of a Markdown table is one line: it holds text, and no list, note or heading.
const LINES = { content: 'paragraph+' }
export const Cell = TableCell.extend(LINES)
export const Header = TableHeader.extend(LINES)

export const Grid = Table.extend({
  renderMarkdown(node, helpers) {
    const rows = (node.content ?? []).map(row => row.content ?? [])
    const line = cells => `| ${cells.join(' | ')} |`
    const [head = [], ...rest] = rows.map(cells => line(cells.map(cell => renderCell(cell, helpers))))
    return [head, line((rows[0] ?? []).map(cell => RULES[cell.attrs?.align] ?? '---')), ...rest].join('\n')
  },
})

/** What is pasted into a cell comes as lines of text; cells stay cells. */
export function inCell(slice, { state }) {
  if (!isInTable(state)) return slice
  const lines = []
  let hasCells = false
  slice.content.descendants(node => {
    hasCells ||= node.type.spec.tableRole !== undefined
    if (node.isTextblock) lines.push(state.schema.nodes.paragraph.create(null, node.content))
    return !node.isTextblock
  })
  return hasCells || !lines.length ? slice : new Slice(Fragment.from(lines), 1, 1)
}
