import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { follow, wordsOf } from './follow.ts';
import { runPages } from './pages.ts';
import { bootSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => (site = await bootSite()));
afterAll(() => site?.stop());

test.for(runPages())('whoever follows %s sees what it says', { timeout: 900_000 }, async (file) => {
  const terminal = site.open();
  try {
    const surprises = await follow(readFileSync(file, 'utf8'), terminal);
    expect(surprises.map((surprise) => wordsOf(file, surprise))).toEqual([]);
  } finally {
    terminal.close();
  }
});
