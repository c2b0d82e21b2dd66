"use strict";
// Comfort only: without it all of the page is there, one below the other.

// Tables are sorted by a click on a heading; numbers by their value, the largest first.
for (const table of document.querySelectorAll("table.sortable")) {
  if (table.tBodies[0].rows.length < 2) continue;
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(table, heading, column));
  });
}

function sort(table, heading, column) {
  const isNumber = heading.classList.contains("number");
  const before = heading.getAttribute("aria-sort");
  const first = isNumber ? "descending" : "ascending";
  const other = isNumber ? "ascending" : "descending";
  const order = before === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  const value = (row) => {
    const cell = row.cells[column];
    return isNumber ? Number(cell.dataset.value ?? cell.textContent) : cell.textContent;
  };
  const compare = (a, b) => (isNumber ? a - b || 0 : a.localeCompare(b));
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => sign * compare(value(a), value(b)));
  table.tBodies[0].append(...rows);
  for (const each of table.querySelectorAll("thead th")) each.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", order);
}

// Of several samples, outputs or runs one is shown, which is picked from a list.
document.querySelectorAll(".choice").forEach((choice, number) => {
  const options = [...choice.querySelectorAll(":scope > .option")];
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.id = `choice-${number}`;
  label.htmlFor = select.id;
  label.textContent = `${choice.dataset.label} `;
  options.forEach((option, i) => {
    select.add(new Option(option.querySelector("summary").textContent, i));
  });
  const show = () => options.forEach((option, i) => {
    option.classList.toggle("chosen", i === Number(select.value));
  });
  select.addEventListener("change", show);
  choice.prepend(label, select);
  choice.classList.add("chosen-by");
  show();
});

// What is folded away on the screen is printed.
const folded = document.querySelectorAll("details.folded");
const fold = (open) => folded.forEach((one) => { one.open = open; });
fold(false);
addEventListener("beforeprint", () => fold(true));
addEventListener("afterprint", () => fold(false));

// A row and its bar are lit together.
for (const row of document.querySelectorAll("tr[data-bar]")) {
  const part = row.closest(".option, main > section");
  const bar = part.querySelector(`.bar[id$="-${CSS.escape(row.dataset.bar)}"]`);
  if (!bar) continue;
  for (const [from, to] of [[row, bar], [bar, row]]) {
    from.addEventListener("pointerenter", () => to.classList.add("lit"));
    from.addEventListener("pointerleave", () => to.classList.remove("lit"));
  }
}

// The value of a heat map under the pointer.
for (const map of document.querySelectorAll("[data-cells]")) {
  const image = map.querySelector("image");
  if (!image) continue;
  const { rows, columns, values } = JSON.parse(map.dataset.cells);
  const output = document.createElement("output");
  output.className = "cell-value";
  map.after(output);
  map.addEventListener("pointermove", (event) => {
    const box = image.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows.length);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns.length);
    const value = values[row]?.[column];
    output.textContent =
      value === undefined ? "" : `${rows[row]} ${columns[column]}: ${value ?? "none"}`.trim();
  });
}
