// Cards as elements, for the panel and for pages: text nodes and listed elements only, never markup as it came.
// A classic script, because a page can't be given modules.

globalThis.vitrineRender = (() => {
  const KEPT = new Set(('P BR UL OL LI STRONG B EM I CODE PRE BLOCKQUOTE H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD A ' +
    'DIV SPAN DEL INS SUP SUB HR MARK DL DT DD').split(' '))
  const GONE = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'SVG', 'MATH'])
  const { said, counted, locale } = globalThis.vitrineWords
  const CIRCLE = 'M2 8a6 6 0 1 1 12 0a6 6 0 1 1-12 0'
  const ICONS = { // as on the pages: outlines on a 16 px grid, and each state has a shape of its own
    verified: [CIRCLE, 'm5.5 8.2 1.8 1.8 3.4-3.8'],
    due_soon: [CIRCLE, 'M8 4.7V8l2.2 1.4'],
    overdue: ['M8 2.2 14.3 13H1.7Z', 'M8 6.3v3.1M8 11.3v.1'],
    flagged: ['M3.5 14V2.6M3.5 3c3-1.4 5.5 1.3 9 .1l-1.5 3.2 1.5 3.1c-3.5 1.2-6-1.5-9-.1'],
    unverified: [CIRCLE, 'M6.4 6.5a1.65 1.65 0 1 1 2.3 1.5c-.5.2-.7.5-.7 1M8 11v.1'],
    copy: ['M5.5 7.2a1.7 1.7 0 0 1 1.7-1.7h4.6a1.7 1.7 0 0 1 1.7 1.7v4.6a1.7 1.7 0 0 1-1.7 1.7H7.2a1.7 1.7 0 0 1-1.7-1.7Z',
      'M3.6 10.3A1.3 1.3 0 0 1 2.5 9V4.2a1.7 1.7 0 0 1 1.7-1.7H9a1.3 1.3 0 0 1 1.3 1.1'],
    link: ['M6.8 9.2a2.6 2.6 0 0 0 3.8.2l2.1-2.1a2.7 2.7 0 0 0-3.8-3.8l-1 1M9.2 6.8a2.6 2.6 0 0 0-3.8-.2L3.3 8.7a2.7 2.7 0 0 0 3.8 3.8l1-1'],
  }

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) {
      if (key === 'onclick') element.addEventListener('click', value)
      else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? '' : value)
    }
    element.append(...children.filter(child => child !== null && child !== ''))
    return element
  }

  function icon(name) {
    const SVG = 'http://www.w3.org/2000/svg', drawn = document.createElementNS(SVG, 'svg')
    drawn.setAttribute('viewBox', '0 0 16 16')
    drawn.setAttribute('class', `icon icon-${name}`)
    drawn.setAttribute('aria-hidden', 'true')
    for (const d of ICONS[name]) drawn.appendChild(document.createElementNS(SVG, 'path')).setAttribute('d', d)
    return drawn
  }

  // The server's HTML is clean; it is read again here all the same, element by element.
  function answer(html, base) {
    const parsed = new DOMParser().parseFromString(html, 'text/html')
    const body = make('div', { class: 'prose' })
    copy(parsed.body, body, base)
    return body
  }

  function copy(from, to, base) {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.data)
      else if (node.nodeType === Node.ELEMENT_NODE && !GONE.has(node.nodeName.toUpperCase())) {
        const inside = KEPT.has(node.nodeName) ? to.appendChild(document.createElement(node.nodeName)) : to
        if (node.nodeName === 'A') lead(node, inside, base)
        copy(node, inside, base)
      }
    }
  }

  function lead(from, to, base) {
    let url
    try { url = new URL(from.getAttribute('href') ?? '', base) } catch { return }
    if (!['http:', 'https:', 'mailto:'].includes(url.protocol)) return
    to.href = url.href
    to.target = '_blank'
    to.rel = 'noopener noreferrer'
  }

  function day(text) {
    const date = new Date(text), year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric'
    return date.toLocaleDateString(locale, { day: 'numeric', month: 'short', year })
  }

  function days(from, to) {
    return counted('days', Math.max(0, Math.round((to - from) / 86_400_000)))
  }

  // Trust as a sentence: who, when, until when; or why not, and whom to ask.
  function trustWords(card) {
    const { state, verified_at: at, verified_by: by, verify_by: due, reasons } = card.trust
    if (state === 'verified' || state === 'due_soon') return said('verified_by', by?.name ?? said('an_import'), day(at))
    if (state === 'overdue') return due ? said('overdue_due', day(at), day(due)) : said('overdue_since', day(at))
    if (state === 'flagged') return said('flagged_for', reasons[0]?.detail ?? said('somebody_doubts'))
    return said(at ? 'no_longer' : 'nobody_yet')
  }

  function badge(card) {
    const { state, verified_at: at, verify_by: due, reasons } = card.trust
    const now = Date.now()
    const detail = {
      verified: () => day(at),
      due_soon: () => said('due_in', days(now, Date.parse(due))),
      overdue: () => said('late_by', days(Date.parse(due), now)),
      flagged: () => (reasons.length > 1 ? counted('reasons', reasons.length) : ''),
      unverified: () => '',
    }[state]()
    const name = state === 'unverified' && !at ? said('not_yet') : said(`state_${state === 'due_soon' ? 'verified' : state}`)
    return make('span', { class: `badge ${state}` }, icon(state), make('b', {}, name), detail ? ` ${detail}` : '')
  }

  // What is copied is the answer and nothing else, as rich and as plain text.
  async function copyAnswer(card, base) {
    const body = answer(card.html, base)
    const text = plain(body).replace(/\n{3,}/g, '\n\n').trim()
    try {
      await navigator.clipboard.write([new ClipboardItem({
        'text/plain': new Blob([text], { type: 'text/plain' }),
        'text/html': new Blob([body.innerHTML], { type: 'text/html' }),
      })])
    } catch {
      await copyText(text)
    }
  }

  // A page's policy may keep the clipboard from the frame over it; the older way is not bound by it.
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      const field = document.body.appendChild(make('textarea', { 'aria-hidden': 'true', class: 'away' }, text))
      const before = document.activeElement
      field.select()
      const isDone = document.execCommand('copy')
      field.remove()
      before?.focus?.()
      if (!isDone) throw new Error(said('no_copying'))
    }
  }

  function plain(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\s+/g, ' ')
    const inside = [...node.childNodes].map(plain).join('')
    switch (node.nodeName) {
      case 'BR': return '\n'
      case 'LI': return `- ${inside.trim()}\n`
      case 'TR': return [...node.cells].map(cell => plain(cell).trim()).join('\t') + '\n'
      case 'P': case 'H1': case 'H2': case 'H3': case 'H4': case 'UL': case 'OL': case 'TABLE': case 'PRE': case 'DIV':
        return `${inside.trim()}\n\n`
      default: return inside
    }
  }

  // One card opened: strip, title, answer, and what can be done with it. `does` has a function for each button.
  function sheet(card, { base, saved, does }) {
    const flagged = ['flagged', 'overdue', 'unverified'].includes(card.trust.state)
    const isKept = card.withheld === true
    return make('article', { class: `sheet ${card.trust.state}`, 'data-card': card.id },
      make('p', { class: 'strip' }, icon(card.trust.state), make('span', {}, trustWords(card))),
      make('div', { class: 'body' },
        saved ? make('p', { class: 'saved' }, said('saved_copy', saved)) : null,
        make('h2', {}, card.title),
        isKept ? make('p', { class: 'quiet' }, card.warning ?? said('withheld')) : answer(card.html ?? '', base)),
      make('div', { class: 'row' },
        isKept ? null : make('button', { type: 'button', class: flagged ? 'btn' : 'btn main', onclick: does.copy }, icon('copy'), said('copy_answer')),
        make('button', { type: 'button', class: 'btn', onclick: does.link }, icon('link'), said('copy_link')),
        make('button', { type: 'button', class: 'btn plain', onclick: does.open }, said('open')),
        make('button', { type: 'button', class: 'btn plain', onclick: does.report }, icon('flagged'), said('report_problem'))),
      isKept || !does.rate ? null : make('div', { class: 'row rate', role: 'group', 'aria-label': said('did_answer') },
        make('span', { class: 'quiet' }, said('did_answer')),
        make('button', { type: 'button', class: 'btn', onclick: () => does.rate(true) }, said('yes')),
        make('button', { type: 'button', class: 'btn', onclick: () => does.rate(false) }, said('no'))))
  }

  function row(card, onclick) {
    const title = make('button', { type: 'button', class: 'title', onclick }, card.title)
    return make('li', {}, title, make('div', { class: 'meta' }, badge(card), make('span', {}, card.collection.name)))
  }

  return { make, answer, badge, copyAnswer, copyText, row, sheet, trustWords }
})()
