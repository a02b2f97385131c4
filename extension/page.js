// On the page, after the reader asked: the answer for the selected text, in a panel that the page can't style. It
// asks the worker for everything; the page's own rules for requests don't matter then.

(() => {
  const ID = 'vitrine-panel'
  const { make, sheet, row, copyAnswer } = globalThis.vitrineRender
  const selected = () => {
    const field = document.activeElement
    const inField = /^(TEXTAREA|INPUT)$/.test(field?.nodeName ?? '') && field.type !== 'password'
      ? field.value.slice(field.selectionStart, field.selectionEnd) : ''
    return (inField || String(getSelection())).replace(/\s+/g, ' ').trim().slice(0, 300)
  }

  document.getElementById(ID)?.remove()
  const before = document.activeElement
  const host = document.createElement('div')
  host.id = ID
  const root = host.attachShadow({ mode: 'open' })
  const style = new CSSStyleSheet()
  root.adoptedStyleSheets = [style]
  const box = make('section', { class: 'box', role: 'dialog', 'aria-label': 'Vitrine', tabindex: '-1' })
  const head = make('header', {}, make('b', {}, 'Vitrine'), make('button', { type: 'button', class: 'btn plain', onclick: close }, 'Close'))
  const body = make('div', { class: 'parts', 'aria-live': 'polite' }, make('p', { class: 'quiet' }, 'Looking up…'))
  box.append(head, body)
  root.append(box)
  document.documentElement.append(host)
  addEventListener('keydown', onKey, true)

  function close() {
    removeEventListener('keydown', onKey, true)
    host.remove()
    before?.focus?.()
  }

  function onKey(event) {
    if (event.key === 'Escape') { event.stopPropagation(); close() }
  }

  const send = message => chrome.runtime.sendMessage(message)
  const show = (...parts) => body.replaceChildren(...parts.filter(Boolean))

  function opened(card, queryId, server, savedAt = '') {
    const status = make('p', { class: 'quiet', role: 'status' })
    const element = sheet(card, {
      base: server,
      saved: savedAt,
      does: {
        copy: async () => { await copyAnswer(card, server); status.textContent = 'Copied'; send({ kind: 'used', id: card.id, how: 'copy', queryId }) },
        link: async () => { await navigator.clipboard.writeText(card.url); status.textContent = 'Link copied' },
        open: () => send({ kind: 'open', url: card.url }),
        report: () => send({ kind: 'open', url: `${card.url}#report` }),
      },
    })
    element.append(status)
    return element
  }

  async function begin() {
    style.replaceSync(await send({ kind: 'style' }))
    box.focus()
    const query = selected()
    if (!query) return show(make('p', { class: 'note' }, 'Select some text on the page, then look it up.'))
    const found = await send({ kind: 'look up', query })
    if (found.error) {
      const connect = make('button', { type: 'button', class: 'btn main', onclick: () => send({ kind: 'options' }) }, 'Connect to your server')
      const copies = (found.saved ?? []).map(one => opened(one.card, null, found.server, one.at))
      return show(make('p', { class: 'note', role: 'alert' }, found.error), found.isConnectable ? connect : null, ...copies)
    }
    const [first, ...others] = found.results
    if (!first) {
      const ask = make('button', { type: 'button', class: 'btn main', onclick: async () => {
        const asked = await send({ kind: 'ask', query })
        show(make('p', { class: 'note' }, asked.error ?? `${asked.name} was asked. You get a mail when there is an answer.`))
      } }, 'Ask an expert')
      return show(make('div', { class: 'note' }, make('h2', {}, `No card answers “${query}”.`), ask))
    }
    show(opened(first, found.queryId, found.server),
      others.length ? make('ul', { class: 'rows' }, ...others.map(one => row(one, () => send({ kind: 'open', url: one.url })))) : null)
  }

  begin()
})()
