import { stripVTControlCharacters } from 'node:util';

const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Scripts whose characters take two columns, and emoji. */
const TWO_COLUMNS =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;

// Nearly all there is, and it needs no segmenting.
const ASCII = /^[ -~]*$/;

/** Columns of a terminal that a text takes. Colours take none. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  return ASCII.test(plain) ? plain.length : [...SEGMENTS.segment(plain)].reduce((sum, { segment }) => sum + widthOfOne(segment), 0);
}

function widthOfOne(character: string): number {
  if (/^\p{Mark}/u.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}

/** A text without colours, cut to at most `width` columns; `…` shows that something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  return `${head(text, width - 1).trimEnd()}…`;
}

function head(text: string, width: number): string {
  let taken = 0;
  let end = 0;
  for (const { segment, index } of SEGMENTS.segment(text)) {
    taken += widthOfOne(segment);
    if (taken > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** A text without colours as lines of at most `width` columns, broken between words, and within one that is longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const part = head(line, Math.max(1, width)) || line.slice(0, 1);
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return [...lines, line];
}
