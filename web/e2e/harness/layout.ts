import type { Page } from '@playwright/test';

/**
 * What is wrong with how a page stands on the screen, in words; nothing if all is well. It runs in the page, so it names
 * nothing outside itself.
 *
 * - The page scrolls sideways, or something sticks out of it.
 * - Text is cut: by a box that hides what does not fit, without an ellipsis whose whole is in a title or a label; or by one
 *   that leaves less of it than can be read.
 * - Two things that can be pressed lie over each other, on the same layer.
 * - Something that can be pressed is cut off by its box, or is below an edge that no one can scroll to.
 */
function flaws(): string[] {
  const SLACK = 1.5;
  /** Of a text that ends in an ellipsis, so much is in sight: four letters or so. */
  const LEFT_MIN = 32;
  const PRESSED =
    'a[href], button, input:not([type=hidden]), select, textarea, [role=button], [role=tab], [role=option], [role=menuitem]';
  const width = document.documentElement.clientWidth;
  const height = innerHeight;
  /** Of things that look alike only the first is told. */
  const found = new Map<string, string>();
  const tell = (what: string, ...about: Element[]) => {
    const alike = about.map((one) => one.tagName + (one.getAttribute('class') ?? '')).join();
    if (!found.has(what + alike)) found.set(what + alike, [what, about.map(name).join(' and ')].join(': '));
  };

  const styles = new Map<Element, CSSStyleDeclaration>();
  const styleOf = (one: Element) => {
    const known = styles.get(one) ?? getComputedStyle(one);
    styles.set(one, known);
    return known;
  };
  const parents = (one: Element): Element[] => {
    const all: Element[] = [];
    for (let at: Element | null = one; at && at !== document.documentElement; at = at.parentElement) all.push(at);
    return all;
  };
  const name = (one: Element) => {
    const words = (one.getAttribute('aria-label') ?? one.textContent ?? '').trim().replaceAll(/\s+/g, ' ');
    return `<${one.tagName.toLowerCase()}> "${words.slice(0, 40)}" (${(one.getAttribute('class') ?? '').slice(0, 60)})`;
  };
  /** Only for those who cannot see; or not there. */
  const isUnseen = (one: Element) =>
    !one.checkVisibility() ||
    parents(one).some((at) => {
      const { display, visibility, opacity, clipPath, position } = styleOf(at);
      const { width: wide, height: high } = at.getBoundingClientRect();
      return (
        display === 'none' ||
        visibility === 'hidden' ||
        opacity === '0' ||
        (position === 'absolute' && (clipPath !== 'none' || (wide <= 1 && high <= 1))) ||
        at.hasAttribute('inert') ||
        (at.getAttribute('aria-hidden') === 'true' && at.closest('[data-live-announcer]') !== null)
      );
    });
  /** In front of a page that waits, only what is in front counts. */
  const front = [...document.querySelectorAll('[role=dialog], [role=alertdialog], [role=menu]')].at(-1);
  const top = front ?? document.body;
  /** What floats above the rest: each is a layer of its own. */
  const layerOf = (one: Element) => parents(one).find((at) => ['fixed', 'sticky'].includes(styleOf(at).position));
  const hides = (value: string) => value === 'hidden' || value === 'clip';
  const scrolls = (value: string) => value === 'auto' || value === 'scroll';
  /** The nearest box around it that positions it: what is absolute is not cut by boxes in between. */
  const boxes = (one: Element): Element[] => {
    const all: Element[] = [];
    let { position } = styleOf(one);
    for (const at of parents(one).slice(1)) {
      const style = styleOf(at);
      if (position === 'fixed') break;
      if (position === 'absolute' && style.position === 'static') continue;
      all.push(at);
      position = style.position;
    }
    return all;
  };

  if (document.documentElement.scrollWidth > width) tell(`the page is ${document.documentElement.scrollWidth} px wide`);

  /* Text. */
  const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!holder || !node.textContent?.trim() || ['SCRIPT', 'STYLE', 'TEXTAREA', 'OPTION'].includes(holder.tagName))
      continue;
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter(({ width: wide, height: high }) => wide > 0 && high > 0);
    if (lines.length === 0 || isUnseen(holder)) continue;
    for (const box of [holder, ...boxes(holder)]) {
      const style = styleOf(box);
      if (scrolls(style.overflowX) || scrolls(style.overflowY)) break;
      const rect = box.getBoundingClientRect();
      const isWide =
        hides(style.overflowX) &&
        lines.some(({ left, right }) => right > rect.right + SLACK || left < rect.left - SLACK);
      const isHigh =
        hides(style.overflowY) &&
        lines.some(({ top: above, bottom }) => bottom > rect.bottom + 3 || above < rect.top - 3);
      if (!isWide && !isHigh) continue;
      const isMeant = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
      const isWhole =
        parents(box).some((at) => at.hasAttribute('title') || at.hasAttribute('aria-label')) ||
        box.querySelector('[title]');
      if (!isMeant) tell('text is cut', holder);
      else if (!isWhole) tell('text is shortened and its whole is nowhere', holder);
      else if (isWide && rect.width < LEFT_MIN && box.textContent && box.textContent.length > 6)
        tell('hardly any text is left', holder);
      break;
    }
    const isReached = [holder, ...boxes(holder)].some(
      (box) => scrolls(styleOf(box).overflowX) || hides(styleOf(box).overflowX),
    );
    if (!isReached && lines.some(({ left, right }) => right > width + SLACK || left < -SLACK))
      tell('text sticks out', holder);
  }

  /* What can be pressed. */
  const pressed = [...top.querySelectorAll<HTMLElement>(PRESSED)].filter((one) => {
    const { width: wide, height: high } = one.getBoundingClientRect();
    return (
      wide > 1 &&
      high > 1 &&
      !isUnseen(one) &&
      styleOf(one).pointerEvents !== 'none' &&
      !one.closest('[aria-hidden=true]')
    );
  });
  interface Seen {
    one: HTMLElement;
    layer: Element | undefined;
    left: number;
    right: number;
    top: number;
    bottom: number;
  }
  const seen: Seen[] = [];
  for (const one of pressed) {
    const whole = one.getBoundingClientRect();
    const part = { left: whole.left, right: whole.right, top: whole.top, bottom: whole.bottom };
    let isReached = false;
    for (const box of boxes(one)) {
      const style = styleOf(box);
      const rect = box.getBoundingClientRect();
      const isCut =
        (hides(style.overflowX) && (whole.right > rect.right + 2 || whole.left < rect.left - 2)) ||
        (hides(style.overflowY) && (whole.bottom > rect.bottom + 2 || whole.top < rect.top - 2));
      if (isCut && !isReached) tell('cut off', one);
      if (scrolls(style.overflowX) || scrolls(style.overflowY)) isReached = true;
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') {
        part.left = Math.max(part.left, rect.left);
        part.right = Math.min(part.right, rect.right);
        part.top = Math.max(part.top, rect.top);
        part.bottom = Math.min(part.bottom, rect.bottom);
      }
    }
    const layer = layerOf(one);
    const isFixed = parents(one).some((at) => styleOf(at).position === 'fixed');
    if (!isReached && (whole.right > width + 2 || whole.left < -2)) tell('sticks out', one);
    if (!isReached && isFixed && (whole.bottom > height + 2 || whole.top < -2)) tell('cannot be scrolled to', one);
    if (part.right - part.left > 1 && part.bottom - part.top > 1) seen.push({ one, layer, ...part });
  }
  seen.sort((one, other) => one.top - other.top);
  for (const [place, a] of seen.entries()) {
    for (const b of seen.slice(place + 1)) {
      if (b.top > a.bottom - 2) break;
      if (a.layer !== b.layer || a.one.contains(b.one) || b.one.contains(a.one)) continue;
      if (a.one.closest('label') && a.one.closest('label') === b.one.closest('label')) continue;
      const over = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      if (over > 2 && Math.min(a.bottom, b.bottom) - b.top > 2) tell('lie over each other', a.one, b.one);
    }
  }
  return [...found.values()];
}

/** The flaws of the page at each of these widths; each is said once, with the widths that have it. */
export async function flawsAt(page: Page, widths: readonly number[]): Promise<string[]> {
  const all = new Map<string, number[]>();
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 768 ? 700 : 800 });
    await settle(page);
    for (const flaw of await page.evaluate(flaws)) all.set(flaw, [...(all.get(flaw) ?? []), width]);
  }
  return [...all].map(([flaw, at]) => `${at.join(', ')}: ${flaw}`);
}

/** What was drawn for another width has been drawn anew, and nothing moves. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    await Promise.all(
      document
        .getAnimations()
        .map((one) =>
          one.effect?.getComputedTiming().iterations === Infinity ? undefined : one.finished.catch(() => undefined),
        ),
    );
  });
}
