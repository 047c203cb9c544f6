/** How the stand-in's own pages look. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1f2729; --soft: #566064; --paper: #fffefb; --back: #f5f3ee; --line: #dfdbd1; --deep: #0f6b62; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e9e4; --soft: #a3acac; --paper: #1c2225; --back: #14181a; --line: #30383b; --deep: #6fcfc0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 2rem auto; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
.notice { margin: 0; padding: .5rem; background: #ffe9a8; color: #4a3900; text-align: center; font-size: .875rem; }
.alert { padding: .75rem 1rem; border-radius: 8px; background: #fde4e4; color: #8a1717; }
.soft { color: var(--soft); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem .25rem; border-bottom: 1px solid var(--line); text-align: left; }
td:last-child, th:last-child { text-align: right; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input, select { width: 100%; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--back); color: inherit; font: inherit; }
button, .button { display: inline-block; padding: .6rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: inherit; font: inherit; text-decoration: none; cursor: pointer; }
button.main { border-color: transparent; background: var(--deep); color: #fff; font-weight: 600; }
@media (prefers-color-scheme: dark) { button.main { color: #11141f; } }
button:focus-visible, input:focus-visible, select:focus-visible, a:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem; }
a { color: var(--deep); }
`
