// Where the server is, and the way in: a one-time code bound to this browser by PKCE (RFC 7636), or a pasted token.

import './words.js'
import { ask, call, connect, connection, disconnect, serverOf } from './client.js'

const { said } = globalThis.vitrineWords

const at = id => document.getElementById(id)
const encoded = bytes => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

function say(words, isWrong = false) {
  at('state').textContent = words
  at('state').className = isWrong ? 'error' : 'done'
}

async function trying(work) {
  try { await work() } catch (error) { say(error.message, true) }
}

function browserName() {
  const brand = navigator.userAgentData?.brands?.find(one => !/not.?a.?brand|chromium/i.test(one.brand))?.brand
  const name = brand ?? (/firefox/i.test(navigator.userAgent) ? 'Firefox' : 'Chromium')
  return said('extension_in', name)
}

async function begin() {
  const server = serverOf(at('server').value)
  const verifier = encoded(crypto.getRandomValues(new Uint8Array(32)))
  const hashed = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  await chrome.storage.session.set({ pending: { server, verifier } })
  at('server').value = server
  const query = new URLSearchParams({ challenge: encoded(new Uint8Array(hashed)), name: browserName() })
  await chrome.tabs.create({ url: `${server}/extension/connect?${query}` })
  at('code').focus()
  say(said('read_code'))
}

async function finish() {
  const { pending } = await chrome.storage.session.get('pending')
  if (!pending) return say(said('choose_connect'), true)
  const code = at('code').value.replace(/[\s-]/g, '').toUpperCase()
  const got = await ask(pending.server, 'POST', '/tokens/exchange', { code, verifier: pending.verifier })
  await chrome.storage.session.remove('pending')
  await connect(pending.server, got.token)
  at('code').value = ''
  await show(said('connected', got.workspace, got.person.name))
}

async function paste() {
  const server = serverOf(at('server').value), token = at('token').value.trim()
  await ask(server, 'GET', '/me', null, token)
  await connect(server, token)
  at('token').value = ''
  await show()
}

async function show(words) {
  const { server, token } = await connection()
  at('server').value = server || at('server').value || (await proposed())
  at('disconnect').hidden = !token
  if (!token) return say(said('not_connected'))
  const me = await call('GET', '/me')
  say(words ?? said('connected', server, me.name))
}

// The package that an installation gives away knows where it came from.
async function proposed() {
  try {
    return (await (await fetch(chrome.runtime.getURL('server.json'))).json()).server ?? ''
  } catch {
    return ''
  }
}

async function sites() {
  const { origins = [] } = await chrome.permissions.getAll()
  at('allowed').replaceChildren(...origins.map(origin => {
    const item = document.createElement('li'), button = document.createElement('button')
    button.className = 'btn plain'
    button.textContent = said('remove')
    button.addEventListener('click', async () => { await chrome.permissions.remove({ origins: [origin] }); sites() })
    item.append(origin.replace(/\/\*$/, ''), ' ', button)
    return item
  }))
}

at('connect').addEventListener('click', () => trying(begin))
at('finish').addEventListener('click', () => trying(finish))
at('paste').addEventListener('click', () => trying(paste))
at('disconnect').addEventListener('click', () => trying(async () => { await disconnect(); await show() }))
at('code').addEventListener('keydown', event => { if (event.key === 'Enter') trying(finish) })
trying(() => show())
sites()
