namespace Limber.Rest.Json.Devices;

/// <summary>The device with the guest agent's port: nothing but what every device has.</summary>
internal sealed record GuestAgentBody : DeviceBody;
