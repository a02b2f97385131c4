// What every page does: toasts, menus that close, dialogs, the theme, focus on what went wrong.
// Other modules say a toast with: document.dispatchEvent(new CustomEvent('toast', { detail: 'Copied' })).

// Sentences of scripts are written in English here; a page in another language carries its own (kb/web/languages.py).
const said = JSON.parse(document.getElementById('said')?.textContent ?? '{}')
globalThis.spoken = (words, values = {}) => (said[words] ?? words).replace(/%\((\w+)\)s/g, (place, name) => values[name] ?? place)

const box = document.querySelector('.toasts')

function leave(toast, seconds) {
  let timer
  const start = () => { timer = setTimeout(() => toast.remove(), seconds * 1000) }
  const stop = () => clearTimeout(timer)
  for (const name of ['mouseenter', 'focusin']) toast.addEventListener(name, stop)
  for (const name of ['mouseleave', 'focusout']) toast.addEventListener(name, () => { stop(); start() })
  start()
}

function say(words) {
  const toast = document.createElement('div')
  toast.className = 'toast'
  toast.append(Object.assign(document.createElement('p'), { textContent: words }))
  box.replaceChildren(toast)
  leave(toast, 6)
}

document.addEventListener('toast', event => say(event.detail))

// A live region only speaks of what changes in it, so what the server put there is put there again.
function show(toasts) {
  box.replaceChildren()
  delete box.dataset.said
  if (!toasts.length) return
  setTimeout(() => {
    box.replaceChildren(...toasts)
    box.dataset.said = ''
    for (const toast of toasts) leave(toast, toast.querySelector('form') ? 10 : 6)
  }, 80)
}

show([...box.children])
document.addEventListener('toasts', event => show(event.detail))

// Menus: one at a time, closed by a click elsewhere and by Escape.
document.addEventListener('click', event => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  const menu = document.querySelector('details.menu[open]')
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
  event.stopPropagation()
}, true)

document.addEventListener('toggle', event => {
  const menu = event.target
  if (!menu.matches?.('details.menu') || !menu.open) return
  menu.querySelector('[data-focus]')?.focus()
  const list = menu.querySelector('.menu-list')
  const room = list.getBoundingClientRect()
  if (room.right > innerWidth) menu.classList.add('menu-end')
  if (room.left < 0) menu.classList.remove('menu-end')
}, true)

document.addEventListener('click', event => {
  const opener = event.target.closest('[data-dialog]')
  if (!opener) return
  opener.closest('details')?.removeAttribute('open')
  document.getElementById(opener.dataset.dialog).showModal()
})

// Until the network is back, what stands here is what was loaded then.
const loaded = new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' })
const bar = document.createElement('p')
bar.className = 'note note-warn card-notice'
bar.setAttribute('role', 'status')

function tellNetwork() {
  if (navigator.onLine) return bar.remove()
  bar.textContent = ''
  document.getElementById('main').prepend(bar)
  setTimeout(() => { bar.textContent = spoken('You are offline. Showing what was loaded at %(time)s.', { time: loaded }) }, 80)
}

for (const change of ['online', 'offline']) addEventListener(change, tellNetwork)
tellNetwork()

// The theme changes at once; the account remembers it.
document.querySelector('[data-theme-form]')?.addEventListener('submit', async event => {
  event.preventDefault()
  const form = event.target
  const fields = new URLSearchParams(new FormData(form, event.submitter))
  document.documentElement.dataset.theme = event.submitter.value
  for (const button of form.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button === event.submitter))
  }
  const answer = await fetch(form.action, { method: 'POST', body: fields, headers: { 'X-Fragment': '1' } }).catch(() => null)
  if (!answer?.ok) say(spoken('The theme is changed here, but could not be saved.'))
})

// A second click on a button that already sends does not send twice.
document.addEventListener('submit', event => {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (form.dataset.sent) event.preventDefault()
  form.dataset.sent = '1'
})
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('[data-sent]')) delete form.dataset.sent
})

// Drafts that this browser keeps are for whoever was signed in.
document.querySelector('form[action="/sign-out"]')?.addEventListener('submit', () => {
  for (const key of Object.keys(localStorage)) if (key.startsWith('vitrine-draft:')) localStorage.removeItem(key)
})

Array.from(document.querySelectorAll('main [data-focus]')).find(node => node.checkVisibility())?.focus()
