import { inDays } from './harness/clock';
import { crowd, speak } from './harness/crowd';
import { flawsAt } from './harness/layout';
import { expect, settled, signIn, test } from './harness/test';
import { open, PAGES } from './pages';

/** The long run looks at all widths in both languages; the short one at those that differ most, in the longer language. */
const IS_LONG = process.env.JOURNEYS === 'Every';
const WIDTHS = IS_LONG ? [1440, 1024, 768, 390, 320] : [1440, 768, 320];
const LANGUAGES = IS_LONG ? ['en', 'nl'] : ['nl'];

/** Beside the pages of which pictures are taken: those that a crowd fills. */
const FULL: typeof PAGES = [
  { name: 'month of busy days', path: `/calendar?view=month&date=${inDays(0)}` },
  { name: 'week of busy days', path: `/calendar?view=week&date=${inDays(0)}` },
  { name: 'list of busy days', path: `/calendar?view=list&date=${inDays(0)}` },
  { name: 'draft of 25,000 characters on thirty channels', path: '/compose/post_full' },
  { name: 'post on thirty channels', path: '/posts/post_wide' },
];
/** What stays while the window changes its size; the draft is in {@link FULL}. */
const STAYS = PAGES.filter(({ name, floats }) => !floats && !['setup', 'compose'].includes(name));
/** Dialogs and menus, opened anew at each width. */
const FLOATS = PAGES.filter(({ floats }) => floats);

test('what is cut, sticks out, or lies over something else is found', { tag: '@once' }, async ({ page }) => {
  await page.setContent(`<style>body { margin: 0 } .box { width: 90px; overflow: hidden; white-space: nowrap }</style>
    <p class="box">The lock keeper leaves the gate open</p>
    <p class="box" style="text-overflow: ellipsis">The coal quay at night, ten minutes before sunrise</p>
    <p class="box" style="width: 14px; text-overflow: ellipsis" title="Harbour">Harbour</p>
    <div class="box" style="height: 10px"><button style="height: 40px">Publish</button></div>
    <button style="position: absolute; top: 300px; left: 0">Move</button>
    <button style="position: absolute; top: 310px; left: 20px">Edit</button>
    <p style="width: 700px">A page of seven hundred pixels</p>
    <p class="box" style="text-overflow: ellipsis" title="The whole of it">What can be read as a whole is well</p>
    <div style="width: 200px; overflow-x: auto"><p style="width: 900px">So is what can be scrolled to</p></div>`);
  expect(await flawsAt(page, [390])).toEqual([
    expect.stringMatching(/^390: the page is \d+ px wide/),
    expect.stringMatching(/^390: text is cut: <p> "The lock keeper/),
    expect.stringMatching(/^390: text is shortened and its whole is nowhere: <p> "The coal quay/),
    expect.stringMatching(/^390: hardly any text is left: <p> "Harbour/),
    expect.stringMatching(/^390: text is cut: <button> "Publish/),
    expect.stringMatching(/^390: cut off: <button> "Publish/),
    expect.stringMatching(/^390: lie over each other: <button> "Move.* <button> "Edit/),
  ]);
});

for (const language of LANGUAGES) {
  test(`every page is whole at every width, with thirty channels and thirty posts a day (${language})`, {
    tag: '@once',
  }, async ({ page, demo }) => {
    test.setTimeout(240_000);
    await signIn(page, demo);
    await crowd(page, language);
    const found: string[] = [];
    for (const shot of [...STAYS, ...FULL]) {
      await page.setViewportSize({ width: WIDTHS[0] ?? 1440, height: 800 });
      await open(page, shot);
      await expect(page.locator('.animate-breathe')).toHaveCount(0);
      await settled(page);
      found.push(...(await flawsAt(page, WIDTHS)).map((flaw) => `${shot.name} at ${flaw}`));
    }
    expect(found).toEqual([]);
  });

  test(`every dialog and menu is whole at every width (${language})`, {
    tag: '@once',
  }, async ({ page, demo }) => {
    test.setTimeout(240_000);
    await signIn(page, demo);
    await speak(page, language);
    const found: string[] = [];
    for (const shot of FLOATS) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: width < 768 ? 700 : 800 });
        await open(page, shot);
        await settled(page);
        found.push(...(await flawsAt(page, [width])).map((flaw) => `${shot.name} at ${flaw}`));
      }
    }
    expect(found).toEqual([]);
  });
}
