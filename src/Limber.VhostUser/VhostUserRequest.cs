namespace Limber.VhostUser;

/// <summary>Requests of a front end (vhost-user protocol, "Front-end message types"), by their numbers on the wire.</summary>
public enum VhostUserRequest : uint
{
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    SetMemoryTable = 5,
    SetVringNumber = 8,
    SetVringAddress = 9,
    SetVringBase = 10,
    GetVringBase = 11,
    SetVringKick = 12,
    SetVringCall = 13,
    SetVringError = 14,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    GetQueueNumber = 17,
    SetVringEnable = 18,
    NetSetMtu = 20,
    GetConfig = 24,
    SetConfig = 25,
}
