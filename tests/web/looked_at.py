"""What a browser can be asked about an open page: faults by axe, and text that stands where it can be read."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# Said of a radio button by the vendored script that opens a field below it; ARIA 1.2 does not name it for that role.
_VENDORED = 'type="radio"', "aria-expanded="

# WCAG 2.2, 1.4.12: what somebody may set without losing text. A sheet of the browser's own, as a reader's would be.
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
                     p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""

# Text that is on the page for the eye and lies outside of the window, of its button or field, or is cut off.
_LOST = """() => {
  const lost = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const about = node.parentElement;
    if (!node.data.trim() || !about.checkVisibility({visibilityProperty: true})) continue;
    if (about.closest(".nhsuk-u-visually-hidden, .nhsuk-skip-link, .room-wide, svg, option, title, script, style")) continue;
    range.selectNodeContents(node);
    const box = about.closest("button, .nhsuk-button, .nhsuk-tag, td, th")?.getBoundingClientRect()
        ?? {left: 0, right: document.documentElement.clientWidth};
    for (const at of range.getClientRects())
      if (at.width > 1 && (at.left < box.left - 1 || at.right > box.right + 1)) { lost.push(node.data.trim()); break; }
  }
  return lost;
}"""

# Names and what follows them, in a line: the text after a name stands to its right, whatever way the name runs; and no
# line of a cell lies over another.
_OUT_OF_PLACE = """() => {
  const wrong = [], boxes = (node) => {
    const range = document.createRange(), walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), found = [];
    for (let text = node.nodeType === 3 ? node : walk.nextNode(); text; text = walk.nextNode()) {
      range.selectNodeContents(text);
      found.push(...[...range.getClientRects()].filter((one) => one.width > 1));
      if (node.nodeType === 3) break;
    }
    return found;
  };
  for (const name of document.querySelectorAll("main bdi")) {
    const block = name.closest("li, p, .room-line, .room-name, h1, h2, h3, td, th, dd, legend");
    if (!block || !name.checkVisibility() || name.closest(".nhsuk-u-visually-hidden")) continue;
    const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let next = walk.nextNode();
    while (next && (!next.data.trim() || !(name.compareDocumentPosition(next) & 4) || name.contains(next))) next = walk.nextNode();
    const own = boxes(name), after = next ? boxes(next) : [];
    for (const a of own) for (const b of after)
      if (Math.abs(a.bottom - b.bottom) < 4 && a.right > b.left + 1) wrong.push(block.textContent.trim());
  }
  for (const cell of document.querySelectorAll(".room-who")) {
    const lines = [...cell.querySelectorAll(".room-name, .room-line")].flatMap((line) => boxes(line));
    for (const a of lines) for (const b of lines)
      if (a !== b && a.left < b.right - 1 && b.left < a.right - 1 && a.top + 4 < b.bottom && b.top + 4 < a.bottom && Math.abs(a.top - b.top) > 2)
        wrong.push("over another: " + cell.textContent.trim());
  }
  return wrong;
}"""

# What has the focus: whether it looks other than without it, and whether its middle or a corner is under nothing else.
_FOCUS = """() => {
  const at = document.activeElement, label = at.labels?.[0], all = [at, ...(label ? [label] : []), ...at.querySelectorAll("span")];
  const look = () => all.flatMap((one) => [null, "::before"].map((part) => {
    const style = getComputedStyle(one, part);
    return [style.outlineColor, style.outlineWidth, style.boxShadow, style.backgroundColor, style.borderColor, style.borderWidth].join();
  })).join();
  const lit = look();
  let plain = "";
  if (at.type === "date") plain = getComputedStyle(at).outlineStyle === "none" ? lit : ""; // focus anew is its first part
  else { at.blur(); plain = look(); at.focus({preventScroll: true}); }
  const box = (at.type === "radio" || at.type === "checkbox" ? label : at).getBoundingClientRect();
  const inside = [[.5, .5], [.02, .1], [.98, .9]].some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (all.includes(top) || at.contains(top) || label?.contains(top));
  });
  return [lit !== plain, inside];
}"""


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe finds against WCAG 2.2 AA: rule and markup."""
    found = [
        (rule["id"], node["html"])
        for rule in Axe().run(page, options=WCAG).response["violations"]
        for node in rule["nodes"]
    ]
    return [
        (rule, html) for rule, html in found if rule != "aria-allowed-attr" or not all(w in html for w in _VENDORED)
    ]


def too_wide(page: Page) -> list[str]:
    """Text that does not fit where it stands, and how much wider than its window the page is."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*page.evaluate(_LOST), *([f"{wider} pixels wider than the window"] if wider > 0 else [])]


def out_of_place(page: Page) -> list[str]:
    """Names that what follows does not follow, and lines that lie over others."""
    return list(page.evaluate(_OUT_OF_PLACE))


def text_doubled(page: Page) -> None:
    """Text at 200 % (WCAG 2.2, 1.4.4)."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")


def text_spaced(page: Page) -> None:
    """Lines, letters and words set apart (WCAG 2.2, 1.4.12)."""
    page.evaluate(_SPACED)


def tab_to(page: Page, wanted: Locator, most: int = 80) -> list[str]:
    """Press Tab until the part has the focus; where on the way the focus cannot be seen or lies under something."""
    wrong = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen, inside = page.evaluate(_FOCUS)
        if not (seen and inside):
            wrong.append(page.evaluate("document.activeElement.outerHTML")[:200] + f" seen={seen} clear={inside}")
        if wanted.evaluate("one => one === document.activeElement"):
            return wrong
    raise AssertionError(f"{most} presses of Tab do not reach {wanted}")
