// Stands in for linkifyjs, of which the link extension needs one thing here: is this text a whole web address?
export const find = text => /^(?:https?:\/\/|mailto:)\S+$/i.test(text.trim())
  ? [{ type: 'url', value: text, href: text.trim(), isLink: true, start: 0, end: text.length }]
  : []
export const tokenize = () => []
export const registerCustomProtocol = () => {}
export const reset = () => {}
