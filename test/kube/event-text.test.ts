import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventMessage, eventName } from '../../src/kube/event-text.ts';

describe('eventMessage', () => {
  test('is the message where there is one only', () => {
    expect(eventMessage(['the object is locked'], 1)).toBe('the object is locked');
    expect(eventMessage(['the object is locked'], 40)).toBe('the object is locked');
  });

  test('is all of a few messages, with their number', () => {
    expect(eventMessage(['applied a', 'applied b'], 3)).toBe('3: applied a, applied b');
  });

  test('says how many more there are than it can show', () => {
    const messages = Array.from({ length: 200 }, (_, index) => `applied ConfigMap shop/settings-${index}`);
    const message = eventMessage(messages, 200);
    expect(message).toMatch(/^200: applied ConfigMap shop\/settings-0, .* and (\d+) more$/);
    const shown = message.match(/applied/g)!.length;
    expect(message.endsWith(`and ${200 - shown} more`)).toBe(true);
  });

  test('is at most 1,024 bytes of whole characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', size: 'large' }), { maxLength: 20 }), (messages) => {
        const text = eventMessage(messages, messages.length);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_024);
        if (!messages.some((message) => message.includes('\uFFFD'))) expect(text).not.toContain('\uFFFD');
      }),
    );
    expect(eventMessage(['🚀'.repeat(1_000)], 1).endsWith('🚀…')).toBe(true);
    expect(eventMessage(['🚀'.repeat(1_000), 'b'], 2)).toMatch(/^2: 🚀/);
  });
});

describe('eventName', () => {
  test('begins with the name of the object', () => {
    expect(eventName('settings', '0123456789abcdef')).toBe('settings.0123456789abcdef');
  });

  test('is a DNS subdomain, whatever the object is called', () => {
    const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:.-]{0,300}$/)), (name) => {
        const made = eventName(name, '0123456789abcdef');
        expect(made).toMatch(subdomain);
        expect(made.length).toBeLessThanOrEqual(253);
      }),
    );
    expect(eventName('system:node', 'f00')).toBe('system-node.f00');
  });
});
