// Single keys, as the page declares them: an element with aria-keyshortcuts="c" is clicked, or focused if it is a field.
// Off while <body data-shortcuts="off">, in fields, in dialogs and with a modifier held.

const GO = { s: '/', v: '/verify', c: '/cards', r: '/reports/weekly' }
let going = -Infinity

const isField = node => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.nodeName)
const isTyping = node => isField(node) && !['checkbox', 'radio'].includes(node.type)

function isOff(event) {
  return document.body.dataset.shortcuts === 'off' || event.defaultPrevented || event.isComposing ||
    event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')
}

function isVisible(node) {
  return node.checkVisibility({ visibilityProperty: true }) && !node.disabled
}

function goTo(key) {
  const isSecond = performance.now() - going < 1200
  going = key === 'g' && !isSecond ? performance.now() : -Infinity
  if (!isSecond || !GO[key]) return false
  location.assign(GO[key])
  return true
}

function toSearch() {
  const field = [...document.querySelectorAll('[data-search-field]')].find(isVisible)
  if (!field) { location.assign('/'); return }
  field.focus()
  field.select()
}

function press(key) {
  const target = [...document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(key)}"]`)].find(isVisible)
  if (!target) return false
  if (isField(target)) target.focus()
  else target.click()
  if (target.matches('summary')) target.scrollIntoView({ block: 'nearest' })
  return true
}

document.addEventListener('keydown', event => {
  if (event.key.length !== 1 || event.repeat || isOff(event)) return
  const key = event.key === '?' ? '?' : event.key.toLowerCase()
  if (goTo(key)) return event.preventDefault()
  if (going > 0) return
  if (key === '/') toSearch()
  else if (key === '?') document.getElementById('keys')?.showModal()
  else if (event.shiftKey || !press(key)) return
  event.preventDefault()
})
