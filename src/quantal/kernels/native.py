"""From IR to machine code of this computer, and from object code to callable functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quantal.kernels import c_library

CODE_LEVEL = 1
"""LLVM's effort when choosing instructions (0 to 3)."""


@lru_cache(maxsize=1)
def _target() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name, address in c_library.addresses().items():
        llvm.add_symbol(name, address)
    return llvm.Target.from_default_triple()


@lru_cache(maxsize=1)
def host() -> tuple[str, str]:
    """The processor's name and features, as LLVM knows them."""
    import llvmlite.binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine(level: int) -> Any:
    name, features = host()
    return _target().create_target_machine(
        cpu=name, features=features, opt=level, jit=True, codemodel="jitdefault"
    )


def compile_ir(text: str, code_level: int = CODE_LEVEL) -> bytes:
    """Object code of an IR module.

    The generated text is already free of common sub-expressions, so only the passes that
    turn stack slots into registers and tidy up branches run before instruction selection.
    """
    import llvmlite.binding as llvm

    machine = _machine(code_level)
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    builder = llvm.create_pass_builder(machine, options)
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))


@dataclass(frozen=True, eq=False)
class Native:
    """Loaded machine code. The engine keeps the code's memory alive."""

    _engine: Any

    def address(self, name: str) -> int:
        """Where a function starts."""
        return int(self._engine.get_function_address(name))


def load_object(code: bytes) -> Native:
    """Make object code callable."""
    import llvmlite.binding as llvm

    machine = _machine(0)
    module = llvm.parse_assembly("")
    module.triple = machine.triple
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Native(engine)
