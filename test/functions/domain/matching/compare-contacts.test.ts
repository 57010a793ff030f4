import { describe, expect, it } from 'vitest';
import {
  compareEmails,
  comparePhones,
  comparePractices,
} from '../../../../functions/domain/matching/compare-contacts.ts';

describe('comparePhones', () => {
  it.each([
    ['7700900123', '7700900123', 'exact'],
    ['7700900123', '7700900124', 'one-digit'],
    ['7700900123', '7700900132', 'one-digit'],
    ['7700900123', '7700900999', 'disagree'],
    ['7700900123', undefined, undefined],
  ])('%s and %s: %s, either way round', (phone, other, expected) => {
    expect(comparePhones(phone, other)).toBe(expected);
    expect(comparePhones(other, phone)).toBe(expected);
  });
});

describe('compareEmails', () => {
  it.each([
    ['ann@example.com', 'ann@example.com', 'exact'],
    ['ann@example.com', 'anne@example.com', 'close'],
    ['ann@example.com', 'bob@example.com', 'disagree'],
    ['ann@example.com', undefined, undefined],
  ])('%s and %s: %s, either way round', (email, other, expected) => {
    expect(compareEmails(email, other)).toBe(expected);
    expect(compareEmails(other, email)).toBe(expected);
  });
});

describe('comparePractices', () => {
  it.each([
    ['T9C01', 'T9C01', 'agree'],
    ['T9C01', 'T9C02', 'disagree'],
    ['T9C01', undefined, undefined],
  ])('%s and %s: %s, either way round', (practice, other, expected) => {
    expect(comparePractices(practice, other)).toBe(expected);
    expect(comparePractices(other, practice)).toBe(expected);
  });
});
