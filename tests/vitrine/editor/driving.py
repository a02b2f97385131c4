"""The edit page, driven as a person does."""

from playwright.sync_api import Locator, Page, expect


def write_markdown(page: Page, text: str) -> None:
    """Put a card's source into the editor, whichever view it opened with."""
    page.get_by_role("button", name="Markdown", exact=True).click()
    page.locator("textarea[name=body]").fill(text)


class EditorPage:
    """An edit page, driven as a person does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.title = page.get_by_label("Title", exact=True)
        self.source = page.locator("textarea[name=body]")
        self.rich = page.locator("#rich-body")

    def open(self, path: str, *, rich: bool = True) -> "EditorPage":
        """Open it and wait until it is ready."""
        self.page.goto(path)
        if rich:
            expect(self.rich).to_be_visible()
        return self

    def switch(self, view: str) -> None:
        """Rich text, Markdown or Preview."""
        self.page.get_by_role("button", name=view, exact=True).click()

    def go_to_end_of(self, place: Locator) -> None:
        """Put the caret at the end of its line. The editor hears of it in a task of its own, which no person's key
        overtakes."""
        place.click()
        self.page.keyboard.press("End")
        self.page.wait_for_timeout(50)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def markdown(self) -> str:
        """What would be saved now."""
        self.switch("Markdown")
        return self.source.input_value()

    def copy(self) -> str:
        """The HTML that the selection puts on the clipboard."""
        copied: str = self.page.evaluate(
            """() => {
              const data = new DataTransfer()
              const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true })
              document.activeElement.dispatchEvent(event)
              return data.getData('text/html')
            }"""
        )
        return copied

    def paste(self, html: str = "", text: str = "") -> None:
        """Paste into whatever has the focus, as the browser does it: an event that carries a clipboard."""
        self.page.evaluate(
            """([html, text]) => {
              const data = new DataTransfer()
              if (html) data.setData('text/html', html)
              data.setData('text/plain', text)
              const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
              document.activeElement.dispatchEvent(event)
            }""",
            [html, text],
        )
