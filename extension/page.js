// On the page, after the reader asked: the panel, opened on the selected text. What it shows the page can't read: it is a
// frame of the extension's own, which has its own keys, selection and focus, inside a closed shadow root. A closed root
// alone would not do: `window.find` and the selection reach through it.

(() => {
  const ID = 'vitrine-panel', PATIENCE = 15_000, AFTER_LOAD = 3000
  const STYLE = `
    :host { all: initial !important; position: fixed !important; right: 16px !important; bottom: 16px !important; z-index: 2147483647 !important; display: block !important }
    iframe { display: block; width: 376px; max-width: calc(100vw - 32px); height: 220px; max-height: min(70vh, 640px); border: 1px solid light-dark(#deded7, #31332f); border-radius: 10px; background: light-dark(#f7f7f4, #121311); color-scheme: light dark; box-shadow: 0 8px 32px rgb(0 0 0 / .24) }`
  const selected = () => {
    const field = document.activeElement
    const inField = /^(TEXTAREA|INPUT)$/.test(field?.nodeName ?? '') && field.type !== 'password'
      ? field.value.slice(field.selectionStart, field.selectionEnd) : ''
    return (inField || String(getSelection())).replace(/\s+/g, ' ').trim().slice(0, 300)
  }

  const text = selected()
  globalThis.vitrinePanel?.close(false)
  const before = document.activeElement
  const host = document.createElement('div')
  host.id = ID
  const root = host.attachShadow({ mode: 'closed' })
  const style = new CSSStyleSheet()
  style.replaceSync(STYLE)
  root.adoptedStyleSheets = [style]
  const frame = document.createElement('iframe')
  frame.title = 'Vitrine'
  frame.allow = 'clipboard-write'
  let late = 0, isHeard = false

  function close(isDone = true) {
    clearTimeout(late)
    removeEventListener('keydown', onKey, true)
    removeEventListener('message', onMessage)
    host.remove()
    if (isDone) before?.focus?.()
  }

  // A page that allows no foreign frames loads nothing into this one, and says nothing.
  function giveWay() {
    close()
    chrome.runtime.sendMessage({ kind: 'popup' })
  }

  function onKey(event) {
    if (event.isTrusted && event.key === 'Escape') { event.stopPropagation(); close() }
  }

  // The frame says how high it is and when it closes; what it shows it tells nobody.
  function onMessage(event) {
    if (!frame.contentWindow || event.source !== frame.contentWindow) return
    clearTimeout(late)
    isHeard = true
    if (event.data?.vitrine === 'close') close()
    if (event.data?.vitrine === 'height') frame.style.height = `${Math.min(Math.max(Number(event.data.height) || 0, 120), 2000)}px`
  }

  async function begin() {
    const url = await chrome.runtime.sendMessage({ kind: 'over', text })
    if (!url) return close()
    late = setTimeout(giveWay, PATIENCE)
    frame.addEventListener('load', () => { clearTimeout(late); if (!isHeard) late = setTimeout(giveWay, AFTER_LOAD) })
    frame.src = url
    root.append(frame)
    document.documentElement.append(host)
    frame.focus()
  }

  globalThis.vitrinePanel = { close }
  addEventListener('keydown', onKey, true)
  addEventListener('message', onMessage)
  begin()
})()
