import { describe, expect, it } from 'vitest';
import { findUser, hashToken, newToken } from '../../../src/service/access/tokens.ts';
import { anonymous, type KnownUser, mayChange, maySee, mayUse, type User } from '../../../src/service/access/users.ts';

const user = (name: string, role: User['role'], datasources: User['datasources'] = null): User => ({
  name,
  role,
  datasources,
});

describe('a token', () => {
  it('is 256 random bits, different each time', () => {
    const tokens = Array.from({ length: 1000 }, newToken);
    expect(new Set(tokens).size).toBe(1000);
    for (const token of tokens) expect(token).toMatch(/^mlr_[A-Za-z0-9_-]{43}$/);
  });

  it('is recognized by its SHA-256', () => {
    // printf abc | sha256sum
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(hashToken('abc')).toBe(`sha256:${digest}`);
  });

  it('identifies its user and nobody else, and shows no hash', () => {
    const tokens = [newToken(), newToken(), newToken()] as const;
    const users: KnownUser[] = tokens.map((token, index) => ({
      ...user(`user${index}`, 'user'),
      token: hashToken(token),
    }));
    for (const [index, token] of tokens.entries()) expect(findUser(users, token)).toEqual(user(`user${index}`, 'user'));
    for (const wrong of ['', 'mlr_', newToken(), tokens[0].slice(0, -1), `${tokens[0]}a`, users[0]?.token ?? '']) {
      expect(findUser(users, wrong), wrong).toBeNull();
    }
    expect(findUser([], tokens[0])).toBeNull();
  });
});

describe('a user', () => {
  const ada = user('ada', 'user', ['main', 'lab']);
  const admin = user('root', 'admin');

  it('may use the datasources that the configuration names, or all', () => {
    expect(['main', 'lab', 'archive', ''].filter((name) => mayUse(ada, name))).toEqual(['main', 'lab']);
    expect([mayUse(admin, 'main'), mayUse(anonymous, 'main')]).toEqual([true, true]);
  });

  it('sees and changes its own statements; an administrator, and the user on loopback, those of all users', () => {
    for (const may of [maySee, mayChange]) {
      expect(['ada', 'Ada', 'bob', ''].filter((name) => may(ada, name))).toEqual(['ada']);
      expect(['ada', 'bob'].filter((name) => may(user('bob', 'reader'), name))).toEqual(['bob']);
      expect([may(admin, 'ada'), may(anonymous, 'ada')]).toEqual([true, true]);
    }
  });
});
