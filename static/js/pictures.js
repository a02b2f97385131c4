// Pictures by paste, drop and button: each is shown where it will stand, goes to the server, and can be tried again.

const LARGEST = 10 * 1024 * 1024
const KINDS = /^image\/(?:png|jpeg|webp|gif)$/

/** `surface()` is the editor in which pictures stand now. Answers with { add(files), receive(clean) → html, isBusy() }. */
export function sendPictures({ form, words, surface, say }) {
  const list = form.querySelector('[data-uploads]')
  const open = new Map()
  const filled = (sentence, values) => sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name])

  function add(files) {
    for (const file of files) {
      const name = file.name || 'picture'
      if (!KINDS.test(file.type)) say(filled(words.no_picture, { name }))
      else if (file.size > LARGEST) say(filled(words.too_large, { name }))
      else {
        const id = begin(file, name)
        surface().startPicture(id, name.replace(/\.\w+$/, ''), URL.createObjectURL(file))
        send(id)
      }
    }
  }

  function begin(file, name) {
    const id = `p${crypto.getRandomValues(new Uint32Array(1))[0]}`
    const row = list.appendChild(document.createElement('li'))
    open.set(id, { file, name, row })
    return id
  }

  function send(id) {
    const { file, name, row } = open.get(id)
    const progress = Object.assign(document.createElement('progress'), { max: 1, value: 0, ariaLabel: name })
    row.replaceChildren(Object.assign(document.createElement('span'), { textContent: filled(words.sending, { name }) }), progress)
    const data = new FormData()
    data.set('csrf_token', form.elements.csrf_token.value)
    data.set('picture', file, name)
    const request = new XMLHttpRequest()
    request.open('POST', '/pictures')
    request.setRequestHeader('X-Fragment', '1')
    request.responseType = 'json'
    request.upload.addEventListener('progress', event => { if (event.lengthComputable) progress.value = event.loaded / event.total })
    request.addEventListener('load', () => {
      if (request.status === 201 && request.response?.path) return done(id, request.response.path)
      fail(id, request.response?.said ? filled(words.refused, { name, why: request.response.said }) : filled(words.send_failed, { name }))
    })
    request.addEventListener('error', () => fail(id, filled(words.send_failed, { name })))
    request.send(data)
  }

  function done(id, path) {
    surface().finishPicture(id, path)
    close(id)
  }

  function fail(id, sentence) {
    const { row } = open.get(id)
    const button = (label, act) => {
      const made = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small', textContent: label })
      made.addEventListener('click', act)
      return made
    }
    row.replaceChildren(
      Object.assign(document.createElement('span'), { className: 'error', textContent: sentence }),
      button(words.again, () => send(id)),
      button(words.remove, () => { surface().dropPicture(id); close(id) }),
    )
  }

  function close(id) {
    open.get(id).row.remove()
    open.delete(id)
  }

  // What came inside of pasted HTML is sent like a file.
  function receive({ html, data }) {
    return data.reduce((text, address, i) => {
      const [head, content] = address.split(',')
      const bytes = Uint8Array.from(atob(content), sign => sign.charCodeAt())
      const type = head.slice('data:'.length).split(';')[0]
      const id = begin(new File([bytes], `picture.${type.slice(6)}`, { type }), `picture.${type.slice(6)}`)
      setTimeout(() => send(id))
      return text.replace(`data-picture="${i}"`, `data-sending="${id}"`)
    }, html)
  }

  return { add, receive, isBusy: () => open.size > 0 }
}
