"""A kernel's parts are compiled to be linked into it, and no further.

By itself numba makes machine code, and a wrapper for Python, of every function that a kernel calls,
and optimises it again within each caller, although nobody but the kernel runs it: half of the time
that a kernel takes to compile. Here a part stays as it was typed and lowered; the optimiser sees
all of it at once, in the kernel. A part that Python calls is compiled once more, as a kernel.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import codegen, registry
from numba.core.caching import NullCache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.environment import lookup_environment
from numba.core.target_extension import dispatcher_registry, target_registry

from kernels.compile_turns import SharedCache


class PartLibrary(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code to be linked as it is: neither optimised, nor made machine code, nor found by address.

    But for what calls itself, or what calls it: that is looked for by address.
    """

    def _optimize_final_module(self) -> None:
        if self._calls_itself():
            super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        if self._calls_itself():
            super()._finalize_final_module()
        else:
            self._finalized = True

    def _calls_itself(self) -> bool:
        prefix = codegen.RuntimeLinker.PREFIX
        return any(known.name.startswith(prefix) for known in self._final_module.global_variables)


class _PartCompiler(_FunctionCompiler):  # type: ignore[misc]
    """Types and lowers a function, as numba does what it compiles of its own for a kernel."""

    def __init__(self, kernel: "KernelDispatcher", whole: _FunctionCompiler) -> None:
        self.whole = whole
        # What calls itself for other arguments looks for itself by address.
        kind = codegen.JITCodeLibrary if kernel.is_compiling else PartLibrary

        def begin_part(typing: Any, target: Any, _: object, *told: object) -> Any:  # noqa: ANN401 - numba's own
            library = kind(target.codegen(), kernel.py_func.__qualname__)
            return whole.pipeline_class(typing, target, library, *told)

        super().__init__(
            kernel.py_func, kernel.targetdescr, kernel.targetoptions, kernel.locals, begin_part
        )

    def _customize_flags(self, flags: Any) -> Any:  # noqa: ANN401 - numba's own
        flags.no_compile = True
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        return flags


class _PartCache:
    """Reads what is kept of whole kernels, and keeps no part."""

    def __init__(self, whole: NullCache | SharedCache) -> None:
        self.whole = whole

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401 - numba's own
        if isinstance(self.whole, SharedCache):
            return self.whole.read_overload(sig, target_context)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:  # noqa: ANN401 - numba's own
        pass


class _Part:
    """Stands for a part where numba names the code to call; compiles a kernel where Python does."""

    def __init__(self, kernel: "KernelDispatcher", arguments: tuple[Any, ...]) -> None:
        self._kernel, self._arguments = kernel, arguments

    def __call__(self, *arguments: object) -> object:
        return self._kernel.compile_whole(self._arguments)(*arguments)


class KernelDispatcher(registry.CPUDispatcher):  # type: ignore[misc]
    """A function that is compiled as a part where a kernel calls it, as a kernel where Python does.

    Whether what others write can be compiled in parts, nobody knows: it is compiled as ever, and so
    is what another cache than ours keeps.
    """

    _compiler: _FunctionCompiler
    _cache: Any

    def get_call_template(self, args: Any, kws: Any) -> Any:  # noqa: ANN401 - numba's own
        """Return how a kernel that is being compiled calls the function."""
        with global_compiler_lock, self._as_part():
            return super().get_call_template(args, kws)

    @contextmanager
    def _as_part(self) -> Iterator[None]:
        usual = self._compiler, self._cache
        compiler, cache = (getattr(one, "whole", one) for one in usual)
        if _is_known(self) and type(cache) in {NullCache, SharedCache}:
            self._compiler, self._cache = _PartCompiler(self, compiler), _PartCache(cache)
        try:
            yield
        finally:
            self._compiler, self._cache = usual

    def add_overload(self, cres: Any) -> None:  # noqa: ANN401 - numba's own
        """Take compiled code for its arguments; Python does not hear of a part."""
        if cres.entry_point is not None:
            super().add_overload(_with_environments(cres))
            return
        arguments = tuple(cres.signature.args)
        part = cres._replace(entry_point=_Part(self, arguments))
        part.library.finalize()
        self.targetctx.insert_user_function(part.entry_point, part.fndesc, [part.library])
        self.overloads[arguments] = part

    def get_compile_result(self, sig: Any) -> Any:  # noqa: ANN401 - numba's own
        """Return the code for a signature, as a kernel: its address may be taken."""
        if tuple(sig.args) in self.overloads:
            self.compile_whole(tuple(sig.args))
        return super().get_compile_result(sig)

    def compile_whole(self, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - numba's own
        """Return what Python calls for arguments that it may have been compiled for as a part."""
        with global_compiler_lock:
            if isinstance(self.overloads[arguments].entry_point, _Part):
                del self.overloads[arguments]
            return self.compile(arguments)


def _is_known(kernel: KernelDispatcher) -> bool:
    return kernel.py_func.__module__.partition(".")[0] in {"kernels", "numba"}


def _with_environments(cres: Any) -> Any:  # noqa: ANN401 - numba's own
    """Return a kernel's code that knows, and keeps, what its parts need to raise errors."""
    if cres.referenced_envs is not None:
        return cres
    named = (known.name for known in cres.library._final_module.global_variables)  # noqa: SLF001 - numba's own way
    found = [env for name in named if (env := lookup_environment(name)) is not None]
    for env in found:
        cres.codegen.set_env(env.env_name, env)
    return cres._replace(referenced_envs=tuple(found))


def compile_parts_for_linking() -> None:
    """Let functions that are jitted from now on be compiled as parts where kernels call them."""
    processor = target_registry["cpu"]
    del dispatcher_registry[processor]
    dispatcher_registry[processor] = KernelDispatcher
