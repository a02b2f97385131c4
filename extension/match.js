// Which rules fit a page. Pure: addresses, texts and labels in, rule ids out. A classic script, for pages and tests.

globalThis.vitrineMatch = (() => {
  const NEAR = 200
  const plain = text => text.toLowerCase().replace(/\s+/g, ' ')

  function isOn(rule, url) {
    const site = rule.site
    const [name, port] = site.replace(/^\*\./, '').split(':')
    const host = url.hostname
    const isHost = site.startsWith('*.') ? host === name || host.endsWith(`.${name}`) : host === name
    if (!isHost || (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80')))) return false
    return !rule.path || url.pathname === rule.path || url.pathname.startsWith(rule.path.endsWith('/') ? rule.path : `${rule.path}/`) ||
      (!rule.path.endsWith('/') && url.pathname.startsWith(rule.path))
  }

  // Where a text stands on its own: "pro" is not in "product".
  function* placesOf(text, page) {
    const edge = /[\p{L}\p{N}]/u
    for (let at = page.indexOf(text); at >= 0; at = page.indexOf(text, at + 1)) {
      const before = page[at - 1] ?? ' ', after = page[at + text.length] ?? ' '
      const isFree = !(edge.test(before) && edge.test(text[0])) && !(edge.test(after) && edge.test(text.at(-1)))
      if (isFree) yield at
    }
  }

  function isNear(page, at, length, label) {
    return page.slice(Math.max(0, at - NEAR), at + length + NEAR).includes(label)
  }

  function fits(rule, page) {
    if (!rule.texts.length) return true
    const label = plain(rule.label)
    return rule.texts.some(text => {
      const wanted = plain(text)
      for (const at of placesOf(wanted, page)) if (!label || isNear(page, at, wanted.length, label)) return true
      return false
    })
  }

  // The rules of a site, chosen once for an address; the page's text is looked through for each of those.
  const rulesFor = (rules, address) => rules.filter(rule => isOn(rule, new URL(address)))
  const matching = (rules, text) => {
    const page = plain(text)
    return rules.filter(rule => fits(rule, page)).map(rule => rule.id)
  }

  return { rulesFor, matching }
})()
