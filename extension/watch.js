// On a site the reader allowed: which rules fit what is on the page now, also when it changes. Nothing of the page
// leaves it: the worker is told numbers of rules.

(() => {
  if (globalThis.vitrineWatching) return
  globalThis.vitrineWatching = true
  const PAUSE = 700, LONGEST = 400_000
  let rules = [], waiting = 0, told = '', address = location.href

  // What a person sees, fields included: most of what matters in a ticket stands in fields.
  function textOfPage() {
    const parts = [document.title, document.body?.innerText ?? '']
    for (const field of document.querySelectorAll('input, select, textarea')) {
      if (field.type === 'password' || field.type === 'hidden' || field.autocomplete?.startsWith('cc-')) continue
      const label = field.labels?.[0]?.innerText ?? field.ariaLabel ?? ''
      parts.push(`${label} ${field.nodeName === 'SELECT' ? field.selectedOptions[0]?.text ?? '' : field.value}`)
    }
    for (const host of document.querySelectorAll('*')) if (host.shadowRoot) parts.push(host.shadowRoot.textContent)
    return parts.join('\n').slice(0, LONGEST)
  }

  function look() {
    waiting = 0
    const ids = globalThis.vitrineMatch.matching(rules, textOfPage())
    const now = ids.join()
    if (now === told) return
    told = now
    send({ kind: 'fits', ids })
  }

  function send(message) {
    try { return chrome.runtime.sendMessage(message) } catch { stop() } // the extension was updated or removed
  }

  async function begin() {
    rules = (await send({ kind: 'rules', address: location.href })) ?? []
    look()
  }

  // However often a page changes, it is read once in a while, and only when nothing else is to be done.
  function later() {
    if (location.href !== address) { address = location.href; told = ''; begin(); return }
    if (!rules.length || waiting) return
    waiting = setTimeout(() => requestIdleCallback(look, { timeout: 1000 }), PAUSE)
  }

  const changes = new MutationObserver(later)
  function stop() {
    changes.disconnect()
    removeEventListener('input', later, true)
    removeEventListener('change', later, true)
  }

  changes.observe(document.documentElement, { subtree: true, childList: true, characterData: true })
  addEventListener('input', later, true)
  addEventListener('change', later, true)
  begin()
})()
