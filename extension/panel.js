// The popup, the side panel and the frame over a page: one field, the one answer, the next few.

import { askExpert, card as cardAt, cardsOfRule, connection, lookUp, rate, report, used } from './client.js'
import { findSaved, forget, save } from './saved.js'

const { make, sheet, row, copyAnswer, copyText } = globalThis.vitrineRender
const PROBLEMS = {
  reported: 'Something is wrong or missing', date_passed: 'It is out of date', dead_link: 'A link does not work',
  source_changed: 'The source changed', duplicate: 'Another card says the same',
}
const field = document.getElementById('q'), main = document.getElementById('main')
const foot = document.getElementById('foot'), toast = document.getElementById('toast')
const from = document.getElementById('from')
const isOver = top !== window
let turn = 0, timer = 0

function say(words) {
  toast.textContent = words
  toast.hidden = false
  clearTimeout(say.timer)
  say.timer = setTimeout(() => { toast.hidden = true }, 4000)
}

function show(...parts) {
  main.replaceChildren(...parts.filter(Boolean))
}

async function search() {
  const mine = ++turn, query = field.value.trim()
  if (!query) return start()
  try {
    const found = await lookUp(query)
    if (mine !== turn) return
    await results(found, mine)
  } catch (error) {
    if (mine === turn) await trouble(error, query)
  }
}

async function results(found, mine) {
  const { server } = await connection()
  const [first, ...others] = found.results
  footer(server, found.query)
  if (!first) return nothing(found, server)
  const notes = found.no_answer && !first.withheld ? [make('p', { class: 'quiet' }, found.no_answer)] : []
  const opened = await open(first, found.query_id, server)
  if (mine !== turn) return
  const list = make('ul', { class: 'rows' }, ...others.map(one => row(one, () => swap(one, found.query_id))))
  const hidden = found.hidden ? make('p', { class: 'quiet' }, `${found.hidden} older ${found.hidden === 1 ? 'answer' : 'answers'} hidden`) : null
  show(...notes, opened, others.length ? list : null, hidden)
}

// The card with its answer. What is withheld has none, and no copy of it is kept.
async function open(card, queryId, server, savedAt = '') {
  let whole = card
  if (!savedAt && !card.withheld) {
    whole = { ...card, ...(await cardAt(card.id)) }
    await save(whole)
    used(card.id, 'lookup_click', queryId)
  } else if (card.withheld) await forget(card.id)
  const element = sheet(whole, {
    base: server,
    saved: savedAt,
    does: {
      copy: () => tried(() => copied(whole, queryId, server, savedAt)),
      link: () => tried(async () => { await copyText(card.url); say('Link copied') }),
      open: () => chrome.tabs.create({ url: card.url }),
      report: () => element.append(reportForm(card.id)),
      rate: savedAt ? null : helpful => tried(() => rated(element, card.id, helpful)),
    },
  })
  return element
}

async function copied(card, queryId, server, savedAt) {
  await copyAnswer(card, server)
  const doubt = { flagged: 'was flagged', overdue: 'is overdue', unverified: 'is not verified' }[card.trust.state]
  const whom = card.owner ? `: check with ${card.owner.name} first` : ''
  say(doubt ? `Copied. This answer ${doubt}${whom}.` : savedAt ? `Copied from the copy of ${savedAt}.` : 'Copied')
  if (!savedAt) used(card.id, 'copy', queryId)
}

async function tried(work) {
  try { await work() } catch (error) { say(error.message) }
}

// A no leads on to saying what is wrong.
async function rated(element, id, helpful) {
  await rate(id, helpful)
  element.querySelector('.rate')?.remove()
  say('Thank you. The owner sees this.')
  if (!helpful) element.append(reportForm(id))
}

// A problem is one click on its kind; only one that says nothing by itself needs words.
function reportForm(id) {
  document.querySelector('form.report')?.remove()
  const words = make('textarea', { rows: 2, maxlength: 500 })
  const kinds = Object.entries(PROBLEMS).map(([kind, label]) => make('button', { class: 'btn', value: kind }, label))
  const form = make('form', { class: 'report' },
    make('label', {}, 'What should it say, and how do you know?', words),
    make('div', { class: 'kinds', role: 'group', 'aria-label': 'What is the problem?' }, ...kinds))
  form.addEventListener('submit', event => {
    event.preventDefault()
    const kind = event.submitter?.value ?? 'reported'
    if (kind === 'reported' && !words.value.trim()) { words.focus(); return say('Say in a few words what is wrong.') }
    tried(async () => {
      await report(id, kind, words.value.trim() || 'No more was said.')
      form.remove()
      say('Reported. Whoever checks the card is told.')
    })
  })
  queueMicrotask(() => words.focus())
  return form
}

async function swap(card, queryId) {
  const mine = ++turn
  try {
    const { server } = await connection()
    const opened = await open(card, queryId, server)
    if (mine !== turn) return
    show(opened, make('button', { type: 'button', class: 'btn', onclick: search }, 'Back to the results'))
    opened.querySelector('button')?.focus()
  } catch (error) {
    await trouble(error, field.value.trim())
  }
}

function nothing(found, server) {
  const query = found.query
  const meant = found.did_you_mean
  show(make('div', { class: 'note' },
    make('h2', {}, `No card answers “${query}”.`),
    meant ? make('button', { type: 'button', class: 'btn', onclick: () => { field.value = meant; search() } }, `Did you mean ${meant}?`) : null,
    make('button', { type: 'button', class: 'btn main', onclick: () => ask(query) }, 'Ask an expert'),
    make('a', { href: `${server}/questions/new?${new URLSearchParams({ q: query })}`, target: '_blank' }, 'Say more before you ask')))
}

async function ask(query) {
  try {
    const question = await askExpert(query)
    show(make('div', { class: 'note' }, make('h2', {}, `${question.assignee.name} was asked.`),
      make('p', {}, 'You get a mail when there is an answer.'),
      make('a', { href: question.url, target: '_blank' }, 'Your question')))
  } catch (error) {
    await trouble(error, query)
  }
}

function footer(server, query) {
  foot.replaceChildren(
    make('a', { href: `${server}/?${new URLSearchParams({ q: query })}`, target: '_blank' }, 'All results'),
    make('button', { type: 'button', class: 'btn plain', onclick: () => ask(query) }, 'Ask an expert'))
  foot.hidden = false
}

async function trouble(error, query) {
  foot.hidden = true
  if (error.kind === 'unconnected' || error.kind === 'refused') {
    return show(make('div', { class: 'note' }, make('h2', {}, error.message),
      make('button', { type: 'button', class: 'btn main', onclick: () => chrome.runtime.openOptionsPage() }, 'Connect to your server')))
  }
  const note = make('p', { class: 'note', role: 'alert' }, error.message ?? 'Something went wrong.')
  const kept = error.kind === 'unreachable' ? await findSaved(query) : []
  const { server } = await connection()
  const copies = await Promise.all(kept.slice(0, query ? 3 : 20).map(one => open(one.card, null, server, clock(one.at))))
  show(note, copies.length ? make('h3', {}, 'Saved in this browser') : null, ...copies)
}

function clock(at) {
  const date = new Date(at), isToday = date.toDateString() === new Date().toDateString()
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  return isToday ? time : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`
}

// Nothing typed: what fits the page that is open, as far as rules say.
async function start() {
  const mine = ++turn // before anything is waited for: what is typed meanwhile counts more
  foot.hidden = true
  const { token } = await connection()
  if (mine !== turn) return
  if (!token) return trouble({ kind: 'unconnected', message: 'Connect to your server first.' }, '')
  const fits = (await chrome.runtime.sendMessage({ kind: 'here' }).catch(() => null)) ?? { ids: [] }
  try {
    const sets = await Promise.all(fits.ids.slice(0, 10).map(id => cardsOfRule(id).catch(() => ({ items: [] }))))
    if (mine !== turn) return
    const cards = [...new Map(sets.flatMap(set => set.items).map(one => [one.id, one])).values()]
    const list = make('ul', { class: 'rows' }, ...cards.map(one => row(one, () => swap(one, null))))
    show(cards.length ? make('h3', {}, 'For this page') : null, cards.length ? list : null, allow(fits))
  } catch (error) {
    await trouble(error, '')
  }
}

// Watching a site needs its owner's word, once, by a click; Chrome asks.
function allow(fits) {
  if (!fits.origin || fits.isAllowed || !fits.hasRules) return null
  return make('button', {
    type: 'button', class: 'btn', onclick: async () => {
      if (await chrome.permissions.request({ origins: [`${fits.origin}/*`] })) start()
    },
  }, `Show fitting cards on ${new URL(fits.origin).hostname}`)
}

// Over a page: shown only for the ticket that the reader's wish made, with the text that was selected.
async function given() {
  if (!isOver) return chrome.runtime.sendMessage({ kind: 'selection' }).catch(() => null)
  const ticket = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
  return chrome.runtime.sendMessage({ kind: 'ticket', ticket }).catch(() => null)
}

function overPage() {
  const tell = (vitrine, more = {}) => parent.postMessage({ vitrine, ...more }, '*')
  document.body.classList.add('over')
  document.getElementById('close').hidden = false
  document.getElementById('close').addEventListener('click', () => tell('close'))
  addEventListener('keydown', event => { if (event.key === 'Escape') tell('close') })
  new ResizeObserver(() => tell('height', { height: document.body.scrollHeight + 2 })).observe(document.body)
}

async function begin() {
  const wish = await given()
  if (isOver && !wish) return document.body.replaceChildren()
  if (isOver) overPage()
  if (wish?.text && !field.value) {
    field.value = wish.text
    from.textContent = 'From the text you selected on this page'
    from.hidden = false
  }
  field.focus()
  field.select()
  await search()
}

field.addEventListener('input', () => { from.hidden = true; clearTimeout(timer); timer = setTimeout(search, 120) })
document.getElementById('search').addEventListener('submit', event => { event.preventDefault(); clearTimeout(timer); search() })
begin()
