// Tables as people write them: one line per row, no padding, so that a changed cell is one changed line.
import { Table } from '@tiptap/extension-table'

const RULES = { left: ':---', right: '---:', center: ':---:' }

function renderCell(cell, helpers) {
  return (cell.content ?? []).map(block => helpers.renderChildren([block])).join('<br>')
    .replace(/ *\n+/g, '<br>').replace(/((?:^|[^\\])(?:\\\\)*)\|/g, '$1\\|').trim()
}

export const Grid = Table.extend({
  renderMarkdown(node, helpers) {
    const rows = (node.content ?? []).map(row => row.content ?? [])
    const line = cells => `| ${cells.join(' | ')} |`
    const [head = [], ...rest] = rows.map(cells => line(cells.map(cell => renderCell(cell, helpers))))
    return [head, line((rows[0] ?? []).map(cell => RULES[cell.attrs?.align] ?? '---')), ...rest].join('\n')
  },
})
