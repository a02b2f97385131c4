// The worker: it may be ended after any event and woken by the next, so everything it knows lies in storage.

import './words.js'
import { call, connection, lookUp } from './client.js'
import './match.js'

const { said } = globalThis.vitrineWords

const RULES_FOR = 15 * 60_000
const MENU = 'look-up'

chrome.runtime.onInstalled.addListener(({ reason }) => {
  chrome.contextMenus.create({ id: MENU, title: said('look_up_words'), contexts: ['selection'] }, () => chrome.runtime.lastError)
  if (reason === 'install') chrome.runtime.openOptionsPage()
})
chrome.contextMenus.onClicked.addListener((info, tab) => { if (info.menuItemId === MENU) showOn(tab) })
chrome.commands.onCommand.addListener((command, tab) => { if (command === 'look-up') showOn(tab) })
chrome.permissions.onAdded.addListener(watchSites)
chrome.permissions.onRemoved.addListener(watchSites)
chrome.runtime.onStartup.addListener(watchSites)
chrome.tabs.onRemoved.addListener(id => chrome.storage.session.remove([`fits-${id}`, `over-${id}`]))
chrome.storage.local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' })

// --- the selected text, on the page

async function showOn(tab) {
  if (!tab?.id) return
  try {
    await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: ['page.js'] })
  } catch { // a page of the browser's own: nothing can be shown on it
    await chrome.action.openPopup?.().catch(() => {})
  }
}

async function selectionOn(tab) {
  try {
    const [{ result }] = await chrome.scripting.executeScript({
      target: { tabId: tab.id }, func: () => String(getSelection()).replace(/\s+/g, ' ').trim().slice(0, 300),
    })
    return result ? { text: result } : null
  } catch {
    return null
  }
}

// --- the address bar

// Chromium reads what is suggested as markup, Firefox shows it as it stands.
const isMarkup = !chrome.runtime.getBrowserInfo
const escaped = text => text.replace(/[<>&'"]/g, letter => `&#${letter.charCodeAt(0)};`)

function suggestion({ title, trust, url: content }) {
  const state = said(`state_${trust.state === 'due_soon' ? 'verified' : trust.state}`)
  return { content, description: isMarkup ? `${escaped(title)} <dim>${escaped(state)}</dim>` : `${title} (${state})` }
}

chrome.omnibox.setDefaultSuggestion({ description: said('search_cards') })

chrome.omnibox.onInputChanged.addListener(async (text, suggest) => {
  if (!text.trim()) return
  try {
    const found = await lookUp(text)
    suggest(found.results.map(suggestion))
  } catch { /* the address bar has no place for words */ }
})

chrome.omnibox.onInputEntered.addListener(async (text, how) => {
  const { server } = await connection()
  if (!server) return chrome.runtime.openOptionsPage()
  const url = text.startsWith(`${server}/`) ? text : `${server}/?${new URLSearchParams({ q: text })}`
  if (how === 'currentTab') await chrome.tabs.update({ url })
  else await chrome.tabs.create({ url, active: how === 'newForegroundTab' })
})

// --- messages of the panel and of pages

const ANSWERS = {
  'over': ({ text }, sender) => ticketFor(sender.tab?.id, text),
  'ticket': ({ ticket }, sender) => redeem(sender.tab?.id, ticket),
  'options': () => chrome.runtime.openOptionsPage(),
  'popup': () => chrome.action.openPopup?.().catch(() => {}),
  'selection': async () => { const tab = await activeTab(); return tab ? selectionOn(tab) : null },
  'here': () => here(),
  'rules': ({ address }) => rulesOn(address),
  'fits': ({ ids }, sender) => fit(sender.tab?.id, ids),
  'watch': () => watchSites(),
}

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (sender.id !== chrome.runtime.id || !(message?.kind in ANSWERS)) return false
  Promise.resolve(ANSWERS[message.kind](message, sender)).then(value => reply(value ?? null), () => reply(null))
  return true
})

// The panel over a page is a frame, and a page might make frames of its own: one shows something only for a ticket,
// which the reader's wish made for this tab, and only once.
async function ticketFor(tabId, text) {
  if (tabId === undefined) return null
  const ticket = crypto.randomUUID()
  await chrome.storage.session.set({ [`over-${tabId}`]: { ticket, text: String(text).slice(0, 300) } })
  return chrome.runtime.getURL(`panel.html#${ticket}`)
}

async function redeem(tabId, ticket) {
  const key = `over-${tabId}`
  const { [key]: kept } = await chrome.storage.session.get(key)
  if (!ticket || kept?.ticket !== ticket) return null
  await chrome.storage.session.remove(key)
  return { text: kept.text }
}

// --- triggers

async function activeTab() {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true })
  return tab
}

async function allRules() {
  const { rules } = await chrome.storage.local.get('rules')
  if (rules && Date.now() - rules.at < RULES_FOR) return rules.list
  try {
    const list = (await call('GET', '/triggers/rules')).rules
    await chrome.storage.local.set({ rules: { at: Date.now(), list } })
    return list
  } catch (error) {
    if (error.kind === 'unreachable' || error.kind === 'busy') return rules?.list ?? []
    await chrome.storage.local.remove('rules')
    return []
  }
}

async function rulesOn(address) {
  return globalThis.vitrineMatch.rulesFor(await allRules(), address)
}

async function fit(tabId, ids) {
  if (tabId === undefined) return
  await chrome.storage.session.set({ [`fits-${tabId}`]: ids })
  const cards = (await allRules()).filter(rule => ids.includes(rule.id)).reduce((sum, rule) => sum + rule.cards, 0)
  await chrome.action.setBadgeText({ tabId, text: cards ? String(cards) : '' }).catch(() => {})
  await chrome.action.setBadgeBackgroundColor({ tabId, color: '#3340b5' }).catch(() => {})
}

// A site is asked for without its port: Firefox takes one into a pattern and then never matches it.
const siteOf = url => `${url.protocol}//${url.hostname}`

// What the panel shows before anything is typed. The address of a tab is known only where it may be.
async function here() {
  const tab = await activeTab()
  if (!tab) return { ids: [] }
  const { [`fits-${tab.id}`]: ids = [] } = await chrome.storage.session.get(`fits-${tab.id}`)
  let origin = ''
  try { if (/^https?:/.test(tab.url ?? '')) origin = siteOf(new URL(tab.url)) } catch { /* no address of a site */ }
  const isAllowed = origin ? await chrome.permissions.contains({ origins: [`${origin}/*`] }) : false
  return { ids, origin, isAllowed, hasRules: origin ? (await rulesOn(tab.url)).length > 0 : false }
}

// On the sites the reader allowed, and nowhere else, pages are watched.
async function watchSites() {
  const { origins = [] } = await chrome.permissions.getAll()
  const known = await chrome.scripting.getRegisteredContentScripts({ ids: ['watch'] })
  if (!origins.length) return known.length ? chrome.scripting.unregisterContentScripts({ ids: ['watch'] }) : undefined
  const script = { id: 'watch', matches: origins, js: ['match.js', 'watch.js'], runAt: 'document_idle' }
  await (known.length ? chrome.scripting.updateContentScripts([script]) : chrome.scripting.registerContentScripts([script]))
}
