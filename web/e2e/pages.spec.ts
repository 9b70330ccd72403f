import { expectAccessible, expectNoOverflow, signIn, test } from './harness/test';
import { PAGES } from './pages';

/** Every page at every size and in both themes is accessible and fits the screen. */
for (const { name, path, isPublic, prepare } of PAGES.filter(({ path }) => !path.startsWith('/setup'))) {
  test(`the page "${name}" can be used by everybody`, async ({ page, demo }) => {
    if (!isPublic) await signIn(page, demo);
    await page.goto(path);
    await page.locator('h1').first().waitFor();
    await prepare?.(page);
    await expectAccessible(page);
    await expectNoOverflow(page);
  });
}
