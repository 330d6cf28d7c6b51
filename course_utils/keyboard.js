// JupyterLab looks for this attribute from the focused element upwards, but a shortcut whose selector matches
// the focused element itself has won by then. So the element with the focus must carry it, no ancestor will do.
// Marking on focus reaches what comes and goes: slider handles, rebuilt options, fields of a grid.
const ATTRIBUTE = "data-lm-suppress-shortcuts";

function render({ el }) {
  el.style.display = "none";
  const inside = (target) => el.closest(".course-guarded")?.contains(target);

  const mark = ({ target }) => {
    if (inside(target)) target.setAttribute(ATTRIBUTE, "true");
  };
  const leave = ({ key, target }) => {
    if (key === "Escape" && inside(target)) target.closest(".jp-Cell")?.focus();
  };

  document.addEventListener("focusin", mark, true);
  document.addEventListener("keydown", leave);
  return () => {
    document.removeEventListener("focusin", mark, true);
    document.removeEventListener("keydown", leave);
  };
}

export default { render };
