namespace Limber.VirtioConsole;

/// <summary>Size of a terminal in characters; 0 by 0 when it is not known.</summary>
public readonly record struct TerminalSize(ushort Columns, ushort Rows);
