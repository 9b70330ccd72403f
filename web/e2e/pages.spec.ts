import { expectAccessible, expectNoOverflow, signIn, test } from './harness/test';
import { open, PAGES } from './pages';

/** Every page at every size and in both themes is accessible and fits the screen. */
for (const shot of PAGES.filter(({ path }) => !path.startsWith('/setup'))) {
  test(`the page "${shot.name}" is accessible and fits the screen`, async ({ page, demo }) => {
    if (!shot.isPublic) await signIn(page, demo);
    await open(page, shot);
    await expectAccessible(page);
    await expectNoOverflow(page);
  });
}
