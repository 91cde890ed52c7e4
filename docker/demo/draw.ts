// Draws the demo's pictures into MILLRACE_STATE/datasets when the image is built.
import { readConfig } from '../../src/config.ts';
import { demoMaterial } from '../../src/demo/material.ts';

const { note } = await demoMaterial(readConfig(process.env), undefined).load(() => {});
console.log(note);
