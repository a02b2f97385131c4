// What the extension says, in the browser's language (_locales): sentences, days and counted things.
// A classic script, because the elements of cards are made by one.

globalThis.vitrineWords ??= (() => {
  const said = (key, ...values) => chrome.i18n.getMessage(key, values.map(String)) || key
  const locale = said('date_locale')
  const rules = new Intl.PluralRules(locale)

  // A language without a form of its own for a number says it as it says most.
  const counted = (key, number) =>
    chrome.i18n.getMessage(`${key}_${rules.select(number)}`, [String(number)]) || said(`${key}_other`, number)

  // An extension's page: what stands in it is English, until its words are put in.
  function translate(root) {
    root.documentElement.lang = locale.slice(0, 2)
    if (root.title && root.documentElement.dataset.said) root.title = said(root.documentElement.dataset.said)
    for (const node of root.querySelectorAll('[data-said]')) if (node !== root.documentElement) node.textContent = said(node.dataset.said)
    for (const node of root.querySelectorAll('[data-said-label]')) node.ariaLabel = said(node.dataset.saidLabel)
    for (const node of root.querySelectorAll('[data-said-hint]')) node.placeholder = said(node.dataset.saidHint)
  }

  if (globalThis.document) document.addEventListener('DOMContentLoaded', () => translate(document))
  return { said, counted, locale }
})()
