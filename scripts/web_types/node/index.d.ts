// Nothing of Node: see tsconfig.core.json.
