#!/usr/bin/env python3
"""Checks options with kconfiglib, which is what Zephyr and ESP-IDF read them with.

configure KCONFIG MODULE CONF FOLDER [NAME=VALUE...]
    reads them, sets what CONF and the command line say, and writes FOLDER/config.cmake and autoconf.h
targets KCONFIG MODULE
    that each kind of processor has its Rust target
"""

import os
import sys

os.environ["KCONFIG_WARN_UNDEF"] = "y"
import kconfiglib


def read(kconfig, module):
    os.environ["MODULE"] = module
    # Warnings are faults.
    options = kconfiglib.Kconfig(kconfig, warn_to_stderr=False)
    complain(options)
    return options


def complain(options):
    if options.warnings:
        sys.exit("\n".join(options.warnings))


def assign(options, settings):
    for setting in settings:
        name, value = setting.split("=", 1)
        if not options.syms[name].set_value(value):
            sys.exit(f"{setting} cannot be set")


def configure(kconfig, module, conf, folder, *settings):
    options = read(kconfig, module)
    if conf:
        options.load_config(conf)
    assign(options, settings)
    complain(options)
    with open(os.path.join(folder, "config.cmake"), "w", encoding="utf-8") as out:
        for symbol in options.unique_defined_syms:
            if symbol.str_value not in ("", "n"):
                out.write(f'set(CONFIG_{symbol.name} "{symbol.str_value}")\n')
    options.write_autoconf(os.path.join(folder, "autoconf.h"))


TARGETS = {
    "CPU_CORTEX_M0": "thumbv6m-none-eabi",
    "CPU_CORTEX_M0PLUS": "thumbv6m-none-eabi",
    "CPU_CORTEX_M3": "thumbv7m-none-eabi",
    "CPU_CORTEX_M4": "thumbv7em-none-eabi",
    "CPU_CORTEX_M4 FP_HARDABI": "thumbv7em-none-eabihf",
    "CPU_CORTEX_M7 FP_HARDABI": "thumbv7em-none-eabihf",
    "CPU_CORTEX_M23": "thumbv8m.base-none-eabi",
    "CPU_CORTEX_M33": "thumbv8m.main-none-eabi",
    "CPU_CORTEX_M33 FP_HARDABI": "thumbv8m.main-none-eabihf",
    "ARM64": "aarch64-unknown-none",
    "RISCV": "riscv32imc-unknown-none-elf",
    "RISCV RISCV_ISA_EXT_A": "riscv32imac-unknown-none-elf",
    "RISCV 64BIT RISCV_ISA_EXT_A": "riscv64imac-unknown-none-elf",
    "ARCH_POSIX": "i686-unknown-linux-gnu",
    "ARCH_POSIX 64BIT": "x86_64-unknown-linux-gnu",
    "": "",
}


def targets(kconfig, module):
    for processor, target in TARGETS.items():
        options = read(kconfig, module)
        assign(options, [f"{name}=y" for name in ["SEKISHO", *processor.split()]])
        given = options.syms["SEKISHO_RUST_TARGET"].str_value
        if given != target:
            sys.exit(f"{processor}: {given}, not {target}")
    print(" ".join(sorted(set(filter(None, TARGETS.values())))))


if __name__ == "__main__":
    {"configure": configure, "targets": targets}[sys.argv[1]](*sys.argv[2:])
