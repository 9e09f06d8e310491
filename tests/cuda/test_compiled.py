"""Every kernel compiles for every generation of device, within its budget, without a device."""

import re
import subprocess
from pathlib import Path

import pytest

pytest.importorskip(
    "numba_cuda", reason="numba-cuda is not installed: `make test-cuda` makes its environment"
)

from numba import config

if config.ENABLE_CUDASIM:
    pytest.skip("the simulator of a GPU compiles nothing", allow_module_level=True)

from kernels.cuda.ahead import compile_ahead, launched_ahead, target_of
from tests.cuda.budgets import KERNELS

# A100, H100 and H200, B200.
CAPABILITIES = [(8, 0), (9, 0), (10, 0)]


@pytest.fixture(scope="session")
def assembler():
    """Return NVIDIA's assembler, which comes as a wheel and needs no device."""
    nvidia = pytest.importorskip("nvidia", reason="the wheel nvidia-cuda-nvcc is not installed")
    for folder in nvidia.__path__:
        for found in sorted(Path(folder).glob("*/bin/ptxas")):
            return found
    pytest.skip("the wheel nvidia-cuda-nvcc is not installed: no ptxas")
    return None


def _assembled(assembler, code, capability, folder):
    """Return registers, stack and spills of the kernel and what it calls, in bytes."""
    source = folder / "kernel.ptx"
    source.write_text(code)
    target = "sm_{}{}".format(*capability)
    done = subprocess.run(
        [assembler, "--verbose", f"--gpu-name={target}", source, "--output-file", "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return _taken(done.stderr)


def _taken(said):
    """Return the most registers, stack and spills that an assembler says of, in bytes."""
    registers = [int(n) for n in re.findall(r"Used (\d+) registers", said)]
    stack = [int(n) for n in re.findall(r"(\d+) bytes stack frame", said)]
    spills = [int(n) for n in re.findall(r"(\d+) bytes spill", said)]
    assert registers, "ptxas printed nothing to judge by"
    assert stack, "ptxas printed nothing to judge by"
    assert spills, "ptxas printed nothing to judge by"
    return max(registers), max(stack), max(spills)


@pytest.mark.parametrize("capability", CAPABILITIES, ids="sm_{0[0]}{0[1]}".format)
@pytest.mark.parametrize("compiled", KERNELS, ids=lambda compiled: compiled.name)
def test_a_kernel_keeps_its_budget_of_registers_and_spills(
    compiled, capability, assembler, tmp_path
):
    code = compile_ahead(compiled.kernel, compiled.arguments, capability)
    assert ".target sm_{}{}".format(*capability) in code
    registers, stack, spills = _assembled(assembler, code, capability, tmp_path)
    assert spills <= compiled.spills
    assert registers <= compiled.registers
    assert stack <= compiled.stack


# Of each kind the one that takes most registers or spills most, or that a night waits for longest.
HEAVY = {
    *("search_garch_roughly", "fit_count_series", "fit_chance_series", "fit_theta_series"),
    *("walk_drawn_paths", "select_tails"),
}


@pytest.fixture
def linked(monkeypatch):
    """Return what links a kernel as a launch on an H100 does, and what its linker says of it."""
    from cuda.core import LinkerOptions
    from numba.cuda.cudadrv import driver

    def options(linker, ptx):
        return LinkerOptions(
            arch=linker.arch,
            max_register_count=linker.max_registers,
            link_time_optimization=True if linker._has_ltoir else None,
            ptxas_options=["-v"],
            verbose=True,
        )

    monkeypatch.setattr(driver._Linker, "_get_linker_options", options)

    def link(compiled):
        with launched_ahead(compiled.kernel, compiled.arguments, (9, 0)) as launched:
            library = launched._codelibrary
            assert library._lto, "a launch links what NVVM optimises when it is linked"
            assert library.get_cubin()
        return library.get_linkerinfo(target_of((9, 0)))

    return link


@pytest.mark.parametrize(
    "compiled",
    [compiled for compiled in KERNELS if compiled.name in HEAVY],
    ids=lambda compiled: compiled.name,
)
def test_a_kernel_that_is_optimised_as_it_is_linked_keeps_its_budget(compiled, linked):
    registers, stack, spills = _taken(linked(compiled))
    assert spills <= compiled.spills
    assert registers <= compiled.registers
    assert stack <= compiled.stack


def test_every_kernel_of_the_package_has_a_budget():
    import importlib
    import pkgutil

    import kernels.cuda

    launched = set()
    for module in pkgutil.iter_modules(kernels.cuda.__path__):
        found = importlib.import_module(f"kernels.cuda.{module.name}")
        launched |= {
            thing.py_func.__name__
            for thing in vars(found).values()
            if hasattr(thing, "specialize") and not thing.targetoptions.get("device")
        }
    # Kernels of a size are made when the size is known.
    made = {"walk_given_paths", "walk_drawn_paths", "search_ets_model"}
    assert launched | made == {compiled.name for compiled in KERNELS}
