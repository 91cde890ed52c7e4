import { expect, test } from 'vitest';
import { readVolumes } from '../src/volumes-setting.ts';

test.each([
  ['/datasets=/a,/models=/b', { '/datasets': '/a', '/models': '/b' }],
  ['/datasets/=/a/,/models//=/b', { '/datasets': '/a', '/models': '/b' }],
  [' /datasets = /a b , /models=/b\r\n', { '/datasets': '/a b', '/models': '/b' }],
  ['/datasets/own=relative/folder,', { '/datasets/own': 'relative/folder' }],
  ['/datasets=/', { '/datasets': '/' }],
  ['/datasets=/odd=name;it:is', { '/datasets': '/odd=name;it:is' }],
  ['', {}],
  [' , ', {}],
])('%j is parsed', (written, volumes) => {
  expect(readVolumes(written)).toEqual(volumes);
});

test.each([
  [
    'datasets=/a',
    "MILLRACE_VOLUMES has the mount path 'datasets', which is not absolute",
    'start it with a slash: /datasets=…',
  ],
  ['/a:/b', "MILLRACE_VOLUMES contains '/a:/b', which names no folder", 'write it as /mount=FOLDER'],
  ['/datasets=/a;/models=/b', "MILLRACE_VOLUMES has ';/models=' inside a folder", 'separate volumes with commas'],
  ['/datasets=/a: /models=/b', "MILLRACE_VOLUMES has ': /models=' inside a folder", 'separate volumes with commas'],
  ['/datasets=', 'MILLRACE_VOLUMES names no folder for /datasets', 'write /datasets=FOLDER'],
  ['=/a', "MILLRACE_VOLUMES has the mount path '', which is not absolute", 'start it with a slash: /=…'],
  ['/=/a', "MILLRACE_VOLUMES has the invalid mount path '/'", 'write it as in statements, for example /datasets'],
  [
    '/data/../etc=/a',
    "MILLRACE_VOLUMES has the invalid mount path '/data/../etc'",
    'write it as in statements, for example /datasets',
  ],
  ['/datasets=/a,/datasets/=/b', 'MILLRACE_VOLUMES names /datasets twice', 'name each mount path once'],
])('%j is rejected', (written, message, hint) => {
  expect(() => readVolumes(written)).toThrow(expect.objectContaining({ code: 'VOLUMES_INVALID', message, hint }));
});
