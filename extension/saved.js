// The cards that were used last, for when the server can't be reached. They stay in this browser.

const MOST = 20

export async function savedCards() {
  const { saved = [] } = await chrome.storage.local.get('saved')
  return saved
}

export async function save(card) {
  const others = (await savedCards()).filter(one => one.card.id !== card.id)
  await chrome.storage.local.set({ saved: [{ card, at: Date.now() }, ...others].slice(0, MOST) })
}

// Withheld, replaced or gone since it was saved: a copy must not outlive that.
export async function forget(id) {
  const others = (await savedCards()).filter(one => one.card.id !== id)
  await chrome.storage.local.set({ saved: others })
}

const words = text => text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').match(/[\p{L}\p{N}]+/gu) ?? []

// Those that have most of the words, the best first; all of them for no words.
export async function findSaved(query) {
  const wanted = words(query)
  const found = (await savedCards()).map(one => {
    const has = words(`${one.card.title} ${one.card.body ?? ''}`)
    return { ...one, hits: wanted.filter(word => has.some(own => own.startsWith(word))).length }
  })
  return found.filter(one => one.hits * 2 >= wanted.length).sort((a, b) => b.hits - a.hits || b.at - a.at)
}
