// The rich text editor: TipTap over the card's Markdown. static/js/editor.js loads it; this file is its whole interface.
import { Editor } from '@tiptap/core'
import { TaskItem, TaskList } from '@tiptap/extension-list'
import PlainParagraph from '@tiptap/extension-paragraph'
import { TableKit } from '@tiptap/extension-table'
import { Markdown } from '@tiptap/markdown'
import StarterKit from '@tiptap/starter-kit'
import { Item, Points, Steps } from './lists.js'
import { Cell, Grid, Header, inCell } from './tables.js'
import { Callout, KeptBlock, KeptHtml, KeptWords, Picture } from './nodes.js'

// What would begin a list, a heading or a quote when it stands first in a paragraph.
const OPENING = /^(\s*)(?:(\d{1,9})([.)])(?=\s)|([-+]|#{1,6}|!!!|:)(?=\s))/

const Paragraph = PlainParagraph.extend({
  renderMarkdown(node, helpers) {
    const text = helpers.renderChildren(node.content ?? [])
    return text.replace(OPENING, (_, space, number, dot, mark) => space + (number ? `${number}\\${dot}` : `\\${mark}`))
  },
})

function extensions(kept) {
  return [
    StarterKit.configure({
      underline: false,
      paragraph: false,
      listItem: false,
      bulletList: false,
      orderedList: false,
      trailingNode: { notAfter: ['paragraph'] },
      link: { openOnClick: false, autolink: false, protocols: ['mailto'], HTMLAttributes: { target: null, rel: null } },
    }),
    Paragraph, Item, Points, Steps, Grid, Cell, Header, TableKit.configure({ table: false, tableCell: false, tableHeader: false }), TaskList, TaskItem.configure({ nested: true }), Picture,
    Callout, ...[KeptBlock, KeptHtml, KeptWords].map(node => node.configure({ title: kept })),
    Markdown.configure({ indentation: { style: 'space', size: 4 } }),
  ]
}

const COMMANDS = {
  bold: chain => chain.toggleBold(),
  italic: chain => chain.toggleItalic(),
  code: (chain, _, editor) => {
    const { from, to } = editor.state.selection
    return editor.state.doc.textBetween(from, to, '\n').includes('\n') ? chain.toggleCodeBlock() : chain.toggleCode()
  },
  style: (chain, level) => Number(level) ? chain.setHeading({ level: Number(level) }) : chain.setParagraph(),
  list: chain => chain.toggleBulletList(),
  steps: chain => chain.toggleOrderedList(),
  note: chain => chain.toggleCallout(),
  kind: (chain, word) => chain.setCallout(word),
  table: chain => chain.insertTable({ rows: 3, cols: 2, withHeaderRow: true }),
  addRow: chain => chain.addRowAfter(),
  addColumn: chain => chain.addColumnAfter(),
  deleteRow: chain => chain.deleteRow(),
  deleteColumn: chain => chain.deleteColumn(),
  deleteTable: chain => chain.deleteTable(),
  link: (chain, href) => href ? chain.extendMarkRange('link').setLink({ href }) : chain.extendMarkRange('link').unsetLink(),
}

/** `kept` is said of what only Markdown can change.
 *  `on`: change(), state(what is pressed), clean(html) → html, paste(event) → is it handled, files(list). */
export function mount(element, { markdown, label, kept, on }) {
  let hasEscaped = false
  const editor = new Editor({
    element,
    extensions: extensions(kept),
    content: markdown,
    contentType: 'markdown',
    injectCSS: false,
    enablePasteRules: false,
    editorProps: {
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label, class: 'prose rich', id: 'rich-body' },
      transformPastedHTML: html => on.clean(html),
      transformPasted: inCell,
      handleDrop: (view, event) => {
        const files = [...event.dataTransfer?.files ?? []]
        if (!files.length) return false
        const at = view.posAtCoords({ left: event.clientX, top: event.clientY })
        if (at) editor.commands.setTextSelection(at.pos)
        event.preventDefault()
        on.files(files)
        return true
      },
      // Tab indents lists and walks through tables; after Escape it leaves the editor.
      handleDOMEvents: {
        paste: (_view, event) => on.paste(event),
        keydown: (_view, event) => {
          const leaves = hasEscaped && event.key === 'Tab'
          hasEscaped = event.key === 'Escape' || (hasEscaped && event.key === 'Shift')
          return leaves
        },
      },
    },
    onUpdate: () => on.change(),
    onTransaction: () => on.state(pressed(editor)),
  })
  return handle(editor)
}

function handle(editor) {
  const pictures = (id, act) => {
    const change = editor.state.tr.setMeta('addToHistory', false)
    editor.state.doc.descendants((node, at) => { if (node.attrs.sending === id) act(change, node, change.mapping.map(at)) })
    editor.view.dispatch(change)
  }
  return {
    markdown: () => editor.getMarkdown().trim(),
    set: text => editor.commands.setContent(text, { contentType: 'markdown' }),
    focus: () => editor.commands.focus(),
    pressed: () => pressed(editor),
    run: (name, value) => COMMANDS[name](editor.chain().focus(), value, editor).run(),
    insertMarkdown: text => editor.commands.insertContent(text, { contentType: 'markdown' }),
    insertHtml: html => editor.chain().focus().insertContent(html).run(),
    selected: () => editor.state.doc.textBetween(editor.state.selection.from, editor.state.selection.to, ' '),
    href: () => editor.getAttributes('link').href ?? '',
    startPicture: (id, alt, shown = null) => editor.chain().focus().insertContent({ type: 'image', attrs: { sending: id, alt, shown } }).run(),
    finishPicture: (id, src) => pictures(id, (change, node, at) => change.setNodeMarkup(at, null, { ...node.attrs, src, sending: null, shown: null })),
    dropPicture: id => pictures(id, (change, node, at) => change.delete(at, at + node.nodeSize)),
    destroy: () => editor.destroy(),
  }
}

function pressed(editor) {
  const is = name => editor.isActive(name)
  return {
    bold: is('bold'), italic: is('italic'), code: is('code') || is('codeBlock'), link: is('link'),
    list: is('bulletList'), steps: is('orderedList'), note: is('callout'), table: is('table'),
    style: editor.getAttributes('heading').level ?? 0,
    kind: editor.getAttributes('callout').word ?? '',
  }
}
