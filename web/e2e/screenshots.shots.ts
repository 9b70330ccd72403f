import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { freshTest, signIn, test } from './harness/test';
import { open, PAGES } from './pages';

/** Where screenshots go. `docs/screenshots` has only those that are kept; set `SCREENSHOTS` to a folder for all. */
const folder = process.env.SCREENSHOTS ?? resolve(import.meta.dirname, '../../docs/screenshots');

const takes = (isSetup: boolean, look: string) =>
  PAGES.filter(({ path }) => path.startsWith('/setup') === isSetup).filter(
    ({ kept }) => process.env.SCREENSHOTS || kept?.includes(look),
  );

/** Whether visible images are loaded; the others load when scrolled to. */
function picturesAreThere(): boolean {
  return [...document.images]
    .filter((image) => image.getBoundingClientRect().top < innerHeight)
    .every((image) => image.complete && image.naturalWidth > 0);
}

test('screenshots of the demo', async ({ page, demo }, { project }) => {
  await mkdir(folder, { recursive: true });
  const shots = takes(false, project.name).sort(
    (one, other) => Number(Boolean(other.isPublic)) - Number(Boolean(one.isPublic)),
  );
  for (const shot of shots) {
    const { name } = shot;
    if (!shot.isPublic) await signIn(page, demo);
    await open(page, shot);
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(400);
    await page.waitForFunction(picturesAreThere);
    await page.screenshot({ path: resolve(folder, `${name}-${project.name}.png`) });
  }
});

freshTest('screenshots of a new installation', async ({ page, fresh }, { project }) => {
  await mkdir(folder, { recursive: true });
  for (const { name } of takes(true, project.name)) {
    await page.goto(fresh.ownerLink);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(400);
    await page.screenshot({ path: resolve(folder, `${name}-${project.name}.png`), fullPage: true });
  }
});
