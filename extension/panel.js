// The popup, the side panel and the frame over a page: one field, the one answer, the next few.

import { askExpert, card as cardAt, cardsOfRule, connection, lookUp, rate, report, used } from './client.js'
import { findSaved, forget, save } from './saved.js'

const { make, sheet, row, copyAnswer, copyText } = globalThis.vitrineRender
const { said, counted, locale } = globalThis.vitrineWords
const PROBLEMS = ['reported', 'date_passed', 'dead_link', 'source_changed', 'duplicate']
const field = document.getElementById('q'), main = document.getElementById('main')
const foot = document.getElementById('foot'), toast = document.getElementById('toast')
const from = document.getElementById('from')
// Over a page Firefox gives a frame no more than it gives a content script: storage and messages.
const isOver = top !== window, isPopup = !isOver && chrome.extension.getViews({ type: 'popup' }).includes(window)
let turn = 0, timer = 0, lastUse = ''

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
  const hidden = found.hidden ? make('p', { class: 'quiet' }, counted('older', found.hidden)) : null
  show(...notes, opened, others.length ? list : null, hidden)
}

// The card with its answer. What is withheld has none, and no copy of it is kept.
async function open(card, queryId, server, savedAt = '') {
  let whole = card
  if (!savedAt && !card.withheld) {
    whole = { ...card, ...(await cardAt(card.id)) }
    await save(whole)
    // Looking again for the same words, because the connection changed meanwhile, is no other use.
    const use = `${card.id} ${field.value.trim()}`
    if (use !== lastUse) used(card.id, 'lookup_click', queryId)
    lastUse = use
  } else if (card.withheld) await forget(card.id)
  const element = sheet(whole, {
    base: server,
    saved: savedAt,
    does: {
      copy: () => tried(() => copied(whole, queryId, server, savedAt)),
      link: () => tried(async () => { await copyText(card.url); say(said('link_copied')) }),
      open: () => window.open(card.url, '_blank', 'noopener'),
      report: () => element.append(reportForm(card.id)),
      rate: savedAt ? null : helpful => tried(() => rated(element, card.id, helpful)),
    },
  })
  return element
}

async function copied(card, queryId, server, savedAt) {
  await copyAnswer(card, server)
  const { state } = card.trust, isDoubted = ['flagged', 'overdue', 'unverified'].includes(state)
  if (isDoubted) say(card.owner ? said(`copied_${state}_whom`, card.owner.name) : said(`copied_${state}`))
  else say(savedAt ? said('copied_from', savedAt) : said('copied'))
  if (!savedAt) used(card.id, 'copy', queryId)
}

async function tried(work) {
  try { await work() } catch (error) { say(error.message) }
}

// A no leads on to saying what is wrong.
async function rated(element, id, helpful) {
  await rate(id, helpful)
  element.querySelector('.rate')?.remove()
  say(said('thanks'))
  if (!helpful) element.append(reportForm(id))
}

// A problem is one click on its kind; only one that says nothing by itself needs words.
function reportForm(id) {
  document.querySelector('form.report')?.remove()
  const words = make('textarea', { rows: 2, maxlength: 500 })
  const kinds = PROBLEMS.map(kind => make('button', { class: 'btn', value: kind }, said(`problem_${kind}`)))
  const form = make('form', { class: 'report' },
    make('label', {}, said('what_should'), words),
    make('div', { class: 'kinds', role: 'group', 'aria-label': said('what_problem') }, ...kinds))
  form.addEventListener('submit', event => {
    event.preventDefault()
    const kind = event.submitter?.value ?? 'reported'
    if (kind === 'reported' && !words.value.trim()) { words.focus(); return say(said('few_words')) }
    tried(async () => {
      await report(id, kind, words.value.trim() || 'No more was said.')
      form.remove()
      say(said('reported'))
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
    show(opened, make('button', { type: 'button', class: 'btn', onclick: search }, said('back')))
    opened.querySelector('button')?.focus()
  } catch (error) {
    await trouble(error, field.value.trim())
  }
}

function nothing(found, server) {
  const query = found.query
  const meant = found.did_you_mean
  show(make('div', { class: 'note' },
    make('h2', {}, said('nothing', query)),
    meant ? make('button', { type: 'button', class: 'btn', onclick: () => { field.value = meant; search() } }, said('did_you_mean', meant)) : null,
    make('button', { type: 'button', class: 'btn main', onclick: () => ask(query) }, said('ask_expert')),
    make('a', { href: `${server}/questions/new?${new URLSearchParams({ q: query })}`, target: '_blank' }, said('say_more'))))
}

async function ask(query) {
  try {
    const question = await askExpert(query)
    show(make('div', { class: 'note' }, make('h2', {}, said('was_asked', question.assignee.name)),
      make('p', {}, said('mail_comes')),
      make('a', { href: question.url, target: '_blank' }, said('your_question'))))
  } catch (error) {
    await trouble(error, query)
  }
}

function footer(server, query) {
  foot.replaceChildren(...[
    query ? make('a', { href: `${server}/?${new URLSearchParams({ q: query })}`, target: '_blank' }, said('all_results')) : '',
    isPopup ? make('button', { type: 'button', class: 'btn plain', onclick: beside }, said('beside')) : '',
    query ? make('button', { type: 'button', class: 'btn plain', onclick: () => ask(query) }, said('ask_expert')) : '',
  ].filter(Boolean))
  foot.hidden = !foot.childElementCount
}

// The popup goes with the next click on the page; beside the page it stays. Both browsers want this within the click.
function beside() {
  const opened = chrome.sidebarAction ? chrome.sidebarAction.open() : chrome.sidePanel.open({ windowId: beside.window })
  tried(async () => { await opened; close() })
}

async function trouble(error, query) {
  foot.hidden = true
  if (error.kind === 'unconnected' || error.kind === 'refused') {
    return show(make('div', { class: 'note' }, make('h2', {}, error.message),
      make('button', { type: 'button', class: 'btn main', onclick: () => chrome.runtime.sendMessage({ kind: 'options' }) }, said('connect_server'))))
  }
  const note = make('p', { class: 'note', role: 'alert' }, error.message ?? said('went_wrong'))
  const kept = error.kind === 'unreachable' ? await findSaved(query) : []
  const { server } = await connection()
  const copies = await Promise.all(kept.slice(0, query ? 3 : 20).map(one => open(one.card, null, server, clock(one.at))))
  show(note, copies.length ? make('h3', {}, said('saved_here')) : null, ...copies)
}

function clock(at) {
  const date = new Date(at), isToday = date.toDateString() === new Date().toDateString()
  const time = date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
  return isToday ? time : `${date.toLocaleDateString(locale, { day: 'numeric', month: 'short' })}, ${time}`
}

// Nothing typed: what fits the page that is open, as far as rules say.
async function start() {
  const mine = ++turn // before anything is waited for: what is typed meanwhile counts more
  footer('', '')
  const { token } = await connection()
  if (mine !== turn) return
  if (!token) return trouble({ kind: 'unconnected', message: said('connect_first') }, '')
  const fits = (await chrome.runtime.sendMessage({ kind: 'here' }).catch(() => null)) ?? { ids: [] }
  try {
    const sets = await Promise.all(fits.ids.slice(0, 10).map(id => cardsOfRule(id).catch(() => ({ items: [] }))))
    if (mine !== turn) return
    const cards = [...new Map(sets.flatMap(set => set.items).map(one => [one.id, one])).values()]
    const list = make('ul', { class: 'rows' }, ...cards.map(one => row(one, () => swap(one, null))))
    show(cards.length ? make('h3', {}, said('for_this_page')) : null, cards.length ? list : null, allow(fits))
  } catch (error) {
    await trouble(error, '')
  }
}

// Watching a site needs its owner's word, once, by a click; Chrome asks.
function allow(fits) {
  if (isOver || !fits.origin || fits.isAllowed || !fits.hasRules) return null
  return make('button', {
    type: 'button', class: 'btn', onclick: async () => {
      if (await chrome.permissions.request({ origins: [`${fits.origin}/*`] })) start()
    },
  }, said('show_on', new URL(fits.origin).hostname))
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

// Beside a page it stays open while its reader connects, goes to another page, or that page changes.
function follow() {
  const isIdle = () => !field.value && !main.querySelector('article, form')
  chrome.tabs.onActivated.addListener(() => { if (isIdle()) search() })
  chrome.storage.onChanged.addListener((changed, area) => {
    const isNew = area === 'local' ? changed.token || changed.server : Object.keys(changed).some(key => key.startsWith('fits-')) && isIdle()
    if (isNew) search()
  })
}

async function begin() {
  if (isPopup) chrome.windows.getCurrent().then(({ id }) => { beside.window = id })
  const wish = await given()
  if (isOver && !wish) return document.body.replaceChildren()
  if (isOver) overPage()
  if (wish?.text && !field.value) {
    field.value = wish.text
    from.textContent = said('from_selection')
    from.hidden = false
  }
  field.focus()
  field.select()
  await search()
  if (!isOver) follow()
}

field.addEventListener('input', () => { from.hidden = true; clearTimeout(timer); timer = setTimeout(search, 120) })
document.getElementById('search').addEventListener('submit', event => { event.preventDefault(); clearTimeout(timer); search() })
begin()
