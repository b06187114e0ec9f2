// A browser at the end of a pipe: reads one JSON object a line, does what it says to the page, and answers with one a line. What
// the page means is the caller's business. Arguments: the folder whose node_modules hold playwright-core, and the browser.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// No page takes this long for anything on the slowest machine.
const PATIENCE_MS = 60_000;
// A menu that does not hold what is looked for by then has closed.
const MENU_MS = 5_000;

const [packages, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(`${packages}/`)('playwright-core');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
page.setDefaultTimeout(PATIENCE_MS);

/** The first element of a selector that can be seen and holds all the texts. */
const element = ({ selector, texts }) =>
  texts.reduce((found, hasText) => found.filter({ hasText }), page.locator(selector).filter({ visible: true })).first();

/** Opens a menu by its key and clicks in it; a menu that has closed by itself meanwhile is opened again. */
async function pick(step) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    await page.keyboard.press(step.key);
    try {
      return await element(step).click({ timeout: MENU_MS });
    } catch (error) {
      if (Date.now() > end) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

const verbs = {
  open: ({ url }) => page.goto(url),
  press: ({ key }) => page.keyboard.press(key),
  type: ({ text }) => page.keyboard.type(text),
  appears: (step) => element(step).waitFor({ state: 'visible' }),
  disappears: (step) => element(step).waitFor({ state: 'hidden' }),
  click: (step) => element(step).click(),
  pick,
  screenshot: ({ path }) => page.screenshot({ path }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  let answer;
  try {
    await verbs[step.do](step);
    answer = { done: true };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
