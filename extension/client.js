// Talks to the installation: always with the token, never with cookies, and with errors in words.

import './words.js'

const { said } = globalThis.vitrineWords

export class Trouble extends Error {
  // kind: 'unconnected' | 'refused' | 'unreachable' | 'busy' | 'wrong'
  constructor(kind, message) {
    super(message)
    this.kind = kind
  }
}

const WAIT = 8000

export async function connection() {
  const { server = '', token = '' } = await chrome.storage.local.get(['server', 'token'])
  return { server, token }
}

export async function connect(server, token) {
  await chrome.storage.local.set({ server, token })
}

export async function disconnect() {
  await chrome.storage.local.remove(['token', 'rules', 'saved'])
}

// An address as it is kept: scheme, host and port, nothing after it.
export function serverOf(text) {
  const typed = text.trim()
  try {
    if (/\s/.test(typed)) throw new TypeError()
    const url = new URL(/^https?:\/\//i.test(typed) ? typed : `https://${typed}`)
    return url.origin
  } catch {
    throw new Trouble('wrong', said('no_address'))
  }
}

export async function call(method, path, body) {
  const { server, token } = await connection()
  if (!server || !token) throw new Trouble('unconnected', said('connect_first'))
  return ask(server, method, path, body, token)
}

export async function ask(server, method, path, body, token = '') {
  let answer
  try {
    answer = await fetch(`${server}/api/v1${path}`, {
      method,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(WAIT),
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  } catch {
    throw new Trouble('unreachable', said('unreachable', server))
  }
  if (answer.status === 204) return null
  const told = await answer.json().catch(() => null)
  if (answer.ok && told !== null) return told
  if (answer.status === 401) throw new Trouble('refused', said('token_refused'))
  if (answer.status === 429) throw new Trouble('busy', said('too_many'))
  if (answer.status >= 500 || told === null) throw new Trouble('unreachable', said('out_of_order', server))
  throw new Trouble('wrong', told.errors?.[0]?.message ?? told.detail ?? said('did_not_work'))
}

export const lookUp = (query, limit = 5) =>
  call('GET', `/lookup?${new URLSearchParams({ q: query.slice(0, 300), limit })}`)

export const card = id => call('GET', `/cards/${id}`)
export const cardsOfRule = id => call('GET', `/triggers/${id}/cards`)
export const used = (id, kind, queryId) =>
  call('POST', '/events', { kind, card_id: id, ...(queryId ? { query_id: queryId } : {}) }).catch(() => null)
export const report = (id, kind, detail) => call('POST', `/cards/${id}/flags`, { kind, detail })
export const rate = (id, helpful) => call('POST', `/cards/${id}/feedback`, { helpful })
export const askExpert = text => call('POST', '/questions', { text: text.slice(0, 300) })
