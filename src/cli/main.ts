#!/usr/bin/env node
import process from "node:process";
import { sluice } from "./sluice.ts";

const { stdin, stdout, stderr, env } = process;
// A failed write is reported by the write itself; unheard, this event would end the process.
for (const output of [stdout, stderr]) output.on("error", () => {});
const args = process.argv.slice(2);
// All output was waited for, and a terminal or pipe as input must not keep the process alive.
process.exit(await sluice(args, { stdin, stdout, stderr, env, signals: process }));
